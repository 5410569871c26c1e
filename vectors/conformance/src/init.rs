//! The beginning of an adapter, written into a new folder.

use crate::options::Stop;
use clap::ValueEnum;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// A language with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// JavaScript, Node 20 or later
    Node,
    /// Python 3.9 or later
    Python,
}

impl Language {
    /// The command, the name of the adapter, and the files.
    const fn template(self) -> (&'static str, [(&'static str, &'static str); 2]) {
        match self {
            Self::Node => (
                "node",
                [
                    ("adapter.mjs", include_str!("../templates/node/adapter.mjs")),
                    ("README.md", include_str!("../templates/node/README.md")),
                ],
            ),
            Self::Python => (
                "python3",
                [
                    ("adapter.py", include_str!("../templates/python/adapter.py")),
                    ("README.md", include_str!("../templates/python/README.md")),
                ],
            ),
        }
    }
}

/// Writes the files of a template. What was written and what comes next.
pub(crate) fn init(language: Language, folder: &Path) -> Result<String, Stop> {
    let (program, files) = language.template();
    let shown = folder.display();
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        return Err(Stop::usage(format!(
            "{shown}/{name} is there already and is not overwritten; name another folder: init {} \
             FOLDER",
            language.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned())
        )));
    }
    fs::create_dir_all(folder)
        .map_err(|error| Stop::usage(format!("cannot make the folder {shown}: {error}")))?;
    for (name, text) in files {
        let path = folder.join(name);
        let written = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written
            .map_err(|error| Stop::usage(format!("cannot write {}: {error}", path.display())))?;
    }
    let [(adapter, _), (readme, _)] = files;
    let command = format!("{program} {shown}/{adapter}");
    Ok(format!(
        "wrote {shown}/{adapter} and {shown}/{readme}\n\n\
         next:\n  \
         cargo run --release -- doctor {command}\n  \
         cargo run --release -- --filter mix/ {command}\n"
    ))
}
