//! What the commands of this crate are asked.

/// Flags, and a number of processes.
#[derive(Debug)]
pub struct Options {
    flags: Vec<String>,
    /// How many processes measure.
    pub processes: usize,
}

impl Options {
    /// Reads the arguments of this process: `--processes N`, and flags that are known.
    ///
    /// # Errors
    /// A line for the person who asked.
    pub fn read(known: &[&str]) -> Result<Self, String> {
        let mut options = Self { flags: Vec::new(), processes: 5 };
        let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
        while let Some(it) = arguments.next() {
            if it == "--processes" {
                let number = arguments.next().and_then(|it| it.parse().ok());
                let number = number.filter(|it| *it > 0);
                options.processes = number.ok_or("--processes takes a number above 0")?;
            } else if known.contains(&it.as_str()) {
                options.flags.push(it);
            } else {
                return Err(format!("unknown: {it} (known: --processes N {})", known.join(" ")));
            }
        }
        Ok(options)
    }

    /// Whether a flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|it| it == flag)
    }
}
