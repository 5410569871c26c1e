//! A file store that can be stopped at every step, and what it then still holds.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// The process is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crash;

/// Counts the steps of everybody, and says which of them is the last of its process.
#[derive(Debug)]
pub(crate) struct Fuse {
    /// Steps before the first crash, steps between it and the second, and so on.
    crashes: Vec<usize>,
    pub(crate) steps: usize,
}

impl Fuse {
    pub(crate) fn new(crashes: &[usize]) -> Self {
        Self { crashes: crashes.to_vec(), steps: 0 }
    }

    pub(crate) fn step(&mut self) -> Result<(), Crash> {
        self.steps += 1;
        match self.crashes.first_mut() {
            Some(0) => {
                self.crashes.remove(0);
                Err(Crash)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Whether every crash has come.
    pub(crate) fn spent(&self) -> bool {
        self.crashes.is_empty()
    }
}

/// Files that are replaced as a whole.
#[derive(Debug)]
pub(crate) enum Disk {
    /// A folder of its own.
    Folder(Folder),
    /// The same without files: a replacement has happened or it has not.
    Memory(BTreeMap<&'static str, Vec<u8>>),
}

impl Disk {
    pub(crate) fn read(&self, name: &'static str) -> Option<Vec<u8>> {
        match self {
            Self::Folder(folder) => read(&folder.path.join(name)),
            Self::Memory(files) => files.get(name).cloned(),
        }
    }

    /// Writes a new file, makes it durable, and puts it in the place of the old one.
    pub(crate) fn replace(
        &mut self,
        name: &'static str,
        bytes: &[u8],
        fuse: &mut Fuse,
    ) -> Result<(), Crash> {
        fuse.step()?;
        match self {
            Self::Folder(folder) => folder.replace(name, bytes, fuse),
            Self::Memory(files) => {
                files.insert(name, bytes.to_vec());
                Ok(())
            }
        }
    }

    /// Leaves these bytes in the place of a file, however they came there.
    pub(crate) fn damage(&mut self, name: &'static str, bytes: &[u8]) {
        match self {
            Self::Folder(folder) => write(&folder.path.join(name), bytes, false),
            Self::Memory(files) => drop(files.insert(name, bytes.to_vec())),
        }
    }
}

/// A temporary folder, removed when dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Whether to wait for the disk, as every caller must. Here nobody cuts the power, and some
    /// hundred thousand files take minutes.
    waits: bool,
}

impl Folder {
    pub(crate) fn new(waits: bool) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("quipu-faults-{}-{number}", process::id()));
        fs::create_dir(&path).expect("a new folder");
        Self { path, waits }
    }

    fn replace(&self, name: &str, bytes: &[u8], fuse: &mut Fuse) -> Result<(), Crash> {
        let (place, beside) = (self.path.join(name), self.path.join(format!("{name}.new")));
        write(&beside, &bytes[..bytes.len() / 2], false);
        fuse.step()?;
        write(&beside, bytes, self.waits);
        fuse.step()?;
        let old = read(&place);
        fs::rename(&beside, &place).expect("renamed");
        if let Err(crash) = fuse.step() {
            self.lose(&place, old.as_deref());
            return Err(crash);
        }
        if self.waits {
            File::open(&self.path).and_then(|folder| folder.sync_all()).expect("a durable name");
        }
        Ok(())
    }

    /// The folder was not durable yet: the old file is back, or there is none.
    fn lose(&self, place: &Path, old: Option<&[u8]>) {
        match old {
            Some(old) => write(place, old, false),
            None => fs::remove_file(place).expect("removed"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    match fs::read(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

fn write(path: &Path, bytes: &[u8], waits: bool) {
    let mut file = File::create(path).expect("created");
    file.write_all(bytes).expect("written");
    if waits {
        file.sync_all().expect("durable");
    }
}
