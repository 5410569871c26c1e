//! A process that ends: by itself, or when its time is over, with all that it has started.

use std::fs::File;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What a process came to.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None when its time was over or a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) hung: bool,
    pub(crate) out: String,
    pub(crate) took: Duration,
}

/// Runs a command for at most `limit`.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Ended, String> {
    let program = command.get_program().display().to_string();
    let cannot = |error| format!("cannot run {program}: {error}");
    let mut out = scratch()?;
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command.stdout(out.try_clone().map_err(cannot)?);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let begun = Instant::now();
    let mut child = command.spawn().map_err(cannot)?;
    let (code, hung) = loop {
        if let Some(status) = child.try_wait().map_err(cannot)? {
            break (status.code(), false);
        }
        if begun.elapsed() > limit {
            let group = format!("-{}", child.id());
            let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
            if killed.is_err() {
                child.kill().map_err(cannot)?;
            }
            child.wait().map_err(cannot)?;
            break (None, true);
        }
        sleep(Duration::from_millis(10));
    };
    let mut bytes = Vec::new();
    out.rewind().and_then(|()| out.read_to_end(&mut bytes)).map_err(cannot)?;
    let out = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Ended { code, hung, out, took: begun.elapsed() })
}

/// A file without a name, for output that no one reads while the process runs.
fn scratch() -> Result<File, String> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("quipu-{}-{number}", std::process::id()));
    let open = File::options().read(true).write(true).create_new(true).open(&path);
    let file = open.and_then(|file| std::fs::remove_file(&path).map(|()| file));
    file.map_err(|error| format!("cannot make {}: {error}", path.display()))
}
