//! `quipu-model`: check the models, look at attacks, write tables and diagrams.

mod commands;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use commands::{Exit, attack, check, diagram, explore, lockstep, table, vectors};

const EXIT_CODES: &str = "\
Exit codes:
  0  every claim holds, every file is as generated
  1  a claim is violated
  2  not every state was visited: nothing is said
  3  usage, a file that cannot be read or written
  4  something is not as recorded: the numbers in model/golden, a table, a diagram";

/// The protocol as state machines: visits every state, with an attacker who is the network.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Visits every state of every model with both engines, and of every seeded bug with one
    Check(check::Options),
    /// Prints the shortest attack on an earlier exchange or a seeded bug; without a name, lists them
    Attack(attack::Options),
    /// Serves a model to click through, in a browser
    Explore {
        /// The model
        name: String,
        /// Where to serve it
        #[arg(long, default_value = "127.0.0.1:3000")]
        address: SocketAddr,
    },
    /// Does everything that the models of sessions do with the crate, too, and compares
    Lockstep(lockstep::Options),
    /// Writes the tables of docs/model
    Table {
        /// Writes nothing and says which table is not as generated
        #[arg(long)]
        check: bool,
    },
    /// Writes the traces that the vectors play with real cryptography
    Vectors {
        /// Writes nothing and says whether they are as generated
        #[arg(long)]
        check: bool,
    },
    /// Writes the state diagrams into the chapters of the specification
    Diagram {
        /// Writes nothing and says which diagram is not as generated
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Holds };
            // Nothing is left to be done when the terminal has gone away.
            let _ = error.print();
            return exit.into();
        }
    };
    let exit = match options.command {
        Command::Check(options) => check::run(&options),
        Command::Attack(options) => attack::run(&options),
        Command::Explore { name, address } => explore::run(&name, address),
        Command::Lockstep(options) => lockstep::run(&options),
        Command::Vectors { check } => vectors::run(check),
        Command::Table { check } => table::run(check),
        Command::Diagram { check } => diagram::run(check),
    };
    exit.unwrap_or_else(|text| {
        eprintln!("{text}");
        Exit::Usage
    })
    .into()
}
