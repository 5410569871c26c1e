//! An adapter with mistakes, to see what a report makes of them:
//! `quipu-altered-adapter RUNNER FROM TO [FROM TO ...]`. It is the embedded reference
//! (`RUNNER serve`); in its answers every text FROM is replaced by TO.

use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::process::{Command, Stdio};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let runner = arguments.next().expect("the runner");
    let changes: Vec<String> = arguments.collect();
    assert!(changes.len().is_multiple_of(2), "FROM without TO");
    let mut child = Command::new(runner)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    let mut input = child.stdin.take().expect("piped");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    for line in stdin().lock().lines() {
        let line = line.expect("a request");
        writeln!(input, "{line}").expect("the reference reads");
        let mut answer = String::new();
        output.read_line(&mut answer).expect("the reference answers");
        for change in changes.chunks(2) {
            answer = answer.replace(&change[0], &change[1]);
        }
        // The runner may have gone away.
        if write!(stdout(), "{answer}").and_then(|()| stdout().flush()).is_err() {
            break;
        }
    }
    let _ = child.kill();
    let _ = child.wait();
}
