//! The conformance runner: everything is in the library.

fn main() -> std::process::ExitCode {
    quipu_conformance::main()
}
