//! Chapter 13.1: an adapter as a process: started, asked, waited for, ended.

use super::{Answer, Hello, VERSION};
use quipu_vectors::file::{Object, PROTOCOL};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The longest line.
const LINE: u64 = 16 << 20;

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The process has ended or closed its output.
    Ended(String),
    /// Nothing came until the deadline.
    Silent(String),
    /// A line that is no response.
    Nonsense(String),
}

impl core::fmt::Display for Failed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (Self::Ended(text) | Self::Silent(text) | Self::Nonsense(text)) = self;
        f.write_str(text)
    }
}

/// A running adapter.
#[derive(Debug)]
pub(crate) struct Adapter {
    child: Child,
    /// `None` after its end.
    input: Option<ChildStdin>,
    lines: Receiver<Result<String, String>>,
    deadline: Duration,
    next: u64,
    /// What was written and read, line by line, when somebody wants to see it.
    conversation: Option<Vec<String>>,
}

/// The first request.
pub(crate) fn greeting() -> Value {
    json!({ "op": "hello", "adapter": [VERSION], "protocol": PROTOCOL })
}

impl Adapter {
    /// Starts the command and says hello.
    ///
    /// # Errors
    /// Why it did not start, as a sentence.
    pub(crate) fn start(command: &[String], deadline: Duration) -> Result<(Self, Hello), String> {
        let shown = command.join(" ");
        let mut adapter = Self::spawn(command, deadline, Stdio::inherit())
            .map_err(|error| format!("cannot start {shown:?}: {error}"))?;
        let hello = adapter.hello().map_err(|text| format!("{shown:?}: {text}"))?;
        Ok((adapter, hello))
    }

    /// Starts the command and says nothing yet; its standard error goes where the caller says.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn spawn(command: &[String], deadline: Duration, stderr: Stdio) -> io::Result<Self> {
        let (program, arguments) =
            command.split_first().ok_or_else(|| io::Error::other("no command"))?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .process_group(0)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("no standard input or output"));
        };
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            loop {
                let mut line = String::new();
                let read = output.by_ref().take(LINE).read_line(&mut line);
                let sent = match read {
                    Ok(0) => return,
                    Ok(_) if !line.ends_with('\n') => {
                        sender.send(Err("a line longer than 16 MiB, or without an end".to_owned()))
                    }
                    Ok(_) => sender.send(Ok(line)),
                    Err(error) => sender.send(Err(format!("standard output: {error}"))),
                };
                if sent.is_err() {
                    return;
                }
            }
        });
        let input = Some(input);
        Ok(Self { child, input, lines, deadline, next: 1, conversation: None })
    }

    /// Says hello.
    ///
    /// # Errors
    /// What is wrong with the answer, as a sentence.
    pub(crate) fn hello(&mut self) -> Result<Hello, String> {
        let answer = self.ask(&greeting()).map_err(|failed| failed.to_string())?;
        Hello::read(&answer)
    }

    /// Keeps the lines of both sides from now on.
    pub(crate) fn record(&mut self) {
        self.conversation = Some(Vec::new());
    }

    /// The lines since [`Self::record`]: `> ` was asked, `< ` was answered.
    pub(crate) fn conversation(&self) -> &[String] {
        self.conversation.as_deref().unwrap_or_default()
    }

    fn note(&mut self, side: char, line: &str) {
        if let Some(conversation) = &mut self.conversation {
            conversation.push(format!("{side} {}", line.trim_end()));
        }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// As [`Failed`]; the adapter is of no use afterwards.
    //= spec/13-adapter.md#13-1-lines
    //# [ADAPT-01] An adapter MUST answer every request with exactly one line, and write nothing
    //# else to its standard output.
    //= spec/13-adapter.md#13-1-lines
    //# [ADAPT-02] A response MUST carry the `id` of its request, or `null` where the line has none,
    //# and exactly one of `ok`, `reject`, `unsupported` and `fault`.
    pub(crate) fn ask(&mut self, request: &Value) -> Result<Answer, Failed> {
        let id = self.next;
        self.next += 1;
        let mut line: Object = request.as_object().cloned().unwrap_or_default();
        line.insert("id".to_owned(), id.into());
        let what = request["op"].as_str().unwrap_or_default().to_owned();
        self.exchange(&Value::Object(line).to_string(), Some(id), &what)
    }

    /// Sends a line that is no request and waits for the answer.
    ///
    /// # Errors
    /// As [`Failed`]; the adapter is of no use afterwards.
    pub(crate) fn tell(&mut self, line: &str) -> Result<Answer, Failed> {
        self.exchange(line, None, "a line that is no request")
    }

    fn exchange(&mut self, line: &str, id: Option<u64>, what: &str) -> Result<Answer, Failed> {
        self.note('>', line);
        let Some(input) = &mut self.input else {
            return Err(Failed::Ended("its input has ended".to_owned()));
        };
        if writeln!(input, "{line}").and_then(|()| input.flush()).is_err() {
            let status = self.status();
            return Err(Failed::Ended(format!("it does not read {what} any more ({status})")));
        }
        match self.lines.recv_timeout(self.deadline) {
            Ok(Ok(line)) => {
                self.note('<', &line);
                Answer::read(line.trim_end(), id).map_err(Failed::Nonsense)
            }
            Ok(Err(text)) => Err(Failed::Nonsense(text)),
            Err(RecvTimeoutError::Timeout) => {
                let seconds = self.deadline.as_secs();
                Err(Failed::Silent(format!("no answer to {what} within {seconds} s")))
            }
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.status();
                Err(Failed::Ended(format!("it closed its output during {what} ({status})")))
            }
        }
    }

    /// How it ended: a process that has closed its pipes takes a moment to end.
    fn status(&mut self) -> String {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) if start.elapsed() < Duration::from_secs(1) => {
                    thread::sleep(Duration::from_millis(1));
                }
                _ => return "is going on".to_owned(),
            }
        }
    }

    /// Ends its input, and waits until it has ended.
    ///
    /// # Errors
    /// A line that nobody asked for, another exit code than 0, or no end until the deadline.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        self.input = None;
        let seconds = self.deadline.as_secs();
        match self.lines.recv_timeout(self.deadline) {
            Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("it goes on {seconds} s after the end of its input"));
            }
            Ok(line) => {
                let line = line.unwrap_or_else(|text| text);
                self.note('<', &line);
                return Err(format!("a line that nobody asked for: {}", line.trim_end()));
            }
        }
        let start = Instant::now();
        while start.elapsed() < self.deadline {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("at the end of its input: {status}")),
                Ok(None) => thread::sleep(Duration::from_millis(1)),
                Err(error) => return Err(format!("it cannot be waited for: {error}")),
            }
        }
        Err(format!("it goes on {seconds} s after it closed its output"))
    }

    /// The next line without a request, if it comes soon.
    pub(crate) fn late(&mut self) -> Option<String> {
        self.lines.recv_timeout(Duration::from_millis(500)).ok()?.ok()
    }

    /// What it writes when its input ends.
    pub(crate) fn last_words(&mut self) -> Option<String> {
        self.input = None;
        self.lines.recv_timeout(self.deadline).ok()?.ok()
    }

    /// A line that was not asked for.
    pub(crate) fn unasked(&mut self) -> Option<String> {
        let line = self.lines.try_recv().ok()?.unwrap_or_else(|text| text);
        self.note('<', &line);
        Some(line)
    }
}

impl Drop for Adapter {
    /// Ends the whole process group: an adapter may have children of its own.
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let kill =
            Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        if kill.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
