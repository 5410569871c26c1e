//! From the command to the answer to hello, and the end.

use super::{Finding, Patient};
use crate::adapter::{Adapter, Answer, Failed, Hello, greeting};
use crate::options::Stop;
use serde_json::Value;
use std::io;
use std::path::Path;
use std::process::Stdio;

const RIGHT: &str = r#"answer {"id":1,"ok":{"adapter":1,"protocol":"QuipuV1","name":"mine","version":"0.1","language":"go","profiles":["core"]}}"#;

/// Starts it and says hello. `None`: it cannot be used, and the finding says why.
pub(super) fn start(
    patient: &Patient<'_>,
    report: &mut impl FnMut(Finding) -> Result<(), Stop>,
) -> Result<Option<Hello>, Stop> {
    let mut adapter = match Adapter::spawn(patient.command, patient.deadline, Stdio::inherit()) {
        Ok(adapter) => adapter,
        Err(error) => {
            let text = format!("{:?} does not start: {error}", patient.shown());
            report(Finding::Problem(text, no_command(&patient.command[0], &error)))?;
            return Ok(None);
        }
    };
    report(Finding::Ok(format!("{:?} starts", patient.shown())))?;
    adapter.record();
    let read = match adapter.ask(&greeting()) {
        Ok(answer) => Hello::read(&answer).map_err(|text| (text, hello_fix(&answer))),
        Err(failed) => {
            let fix = no_hello(patient, &failed, &mut adapter);
            Err((failed.to_string(), fix))
        }
    };
    match read {
        Ok(hello) => {
            let Hello { name, version, language, profiles } = &hello;
            let claims = profiles.join(", ");
            report(Finding::Ok(format!("hello: {name} {version} ({language}), claims {claims}")))?;
            Ok(Some(hello))
        }
        Err((text, fix)) => {
            report(Finding::Problem(format!("hello: {text}"), fix))?;
            Ok(None)
        }
    }
}

fn no_command(program: &str, error: &io::Error) -> String {
    let path = Path::new(program);
    match error.kind() {
        io::ErrorKind::NotFound if path.exists() => {
            format!("the first line of {program} (#!) names a program that is not there")
        }
        io::ErrorKind::NotFound if program.contains('/') => {
            format!("there is no file {program}; paths begin at the current folder")
        }
        io::ErrorKind::NotFound if path.with_file_name(program).exists() => {
            format!("write ./{program}: a file of the current folder needs its path")
        }
        io::ErrorKind::NotFound => {
            format!("install {program} or write its whole path: it is not on the PATH")
        }
        io::ErrorKind::PermissionDenied if path.is_dir() => {
            format!("{program} is a folder; name the program in it")
        }
        io::ErrorKind::PermissionDenied => format!("chmod +x {program}"),
        _ => format!(
            "begin {program} with a line #! that names its interpreter, or name the interpreter in the command"
        ),
    }
}

fn hello_fix(answer: &Answer) -> String {
    match answer {
        Answer::Ok(fields, _) => {
            let version = fields.get("adapter").is_some_and(Value::is_string);
            let hint = if version { "adapter is a number, not a text; " } else { "" };
            format!("{hint}{RIGHT} (profiles: core and those that the client has as a whole)")
        }
        _ => RIGHT.to_owned(),
    }
}

/// Why there was no answer to hello that can be read.
fn no_hello(patient: &Patient<'_>, failed: &Failed, adapter: &mut Adapter) -> String {
    match failed {
        Failed::Ended(_) => {
            let missing = patient.command.iter().skip(1).find(|argument| {
                Path::new(argument).extension().is_some() && !Path::new(argument).exists()
            });
            match missing {
                Some(file) => format!("there is no file {file}; paths begin at the current folder"),
                None => "its standard error, above, says why; it has to go on until its input ends"
                    .to_owned(),
            }
        }
        Failed::Silent(_) => match adapter.last_words() {
            Some(_) => format!(
                "it answers only when its input has ended. Either it reads all of its input before \
                 it answers (read line by line), or its output waits in a buffer: {}",
                flush(patient.command)
            ),
            None => format!(
                "read one line from standard input, write one line and flush it: {}",
                flush(patient.command)
            ),
        },
        Failed::Nonsense(_) => {
            let last = adapter.conversation().last().cloned().unwrap_or_default();
            let line = last.strip_prefix("< ").unwrap_or_default().to_owned();
            no_response(&line, adapter)
        }
    }
}

/// How to flush standard output in the language of a command.
fn flush(command: &[String]) -> &'static str {
    let program = Path::new(command.first().map_or("", String::as_str));
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.starts_with("python") {
        "print(line, flush=True) or sys.stdout.flush() after each answer, or start it with python3 -u"
    } else if name.starts_with("node") {
        "read with for await (const line of readline.createInterface({ input: process.stdin })) and answer each with process.stdout.write"
    } else {
        "fflush(stdout) in C, flush() after each line elsewhere; in Python print(line, flush=True)"
    }
}

/// What a line on standard output is, if not a response.
fn no_response(line: &str, adapter: &mut Adapter) -> String {
    match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(fields)) => match fields.get("id") {
            None => r#"put "id", the number of the request, into each response"#.to_owned(),
            Some(Value::String(_)) => {
                r#""id" is a number: give it back as it came, "id":1 and not "id":"1""#.to_owned()
            }
            Some(id) if *id != 1 => "give back the id of the request that is answered".to_owned(),
            Some(_) => RIGHT.to_owned(),
        },
        Ok(_) => "write an object: {\"id\":1,…}".to_owned(),
        Err(_) if line.starts_with("{'") => {
            "that is a Python dict as print shows it: print(json.dumps(response), flush=True)"
                .to_owned()
        }
        Err(error) if error.is_eof() && line.starts_with('{') => {
            "write the whole object on one line, without indentation".to_owned()
        }
        Err(_) if adapter.late().is_some_and(|next| next.starts_with('{')) => {
            "an answer follows that line: logs go to standard error, nothing but answers to standard \
             output (print(…, file=sys.stderr), console.error, eprintln!)"
                .to_owned()
        }
        Err(_) => format!("{RIGHT}; everything else goes to standard error"),
    }
}

/// Whether it ends when its input does.
pub(super) fn end(
    patient: &Patient<'_>,
    report: &mut impl FnMut(Finding) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let ended = Adapter::start(patient.command, patient.deadline);
    report(match ended.and_then(|(mut adapter, _)| adapter.end()) {
        Ok(()) => Finding::Ok("it ends with its input, exit code 0".to_owned()),
        Err(text) => Finding::Problem(
            text,
            "at the end of standard input leave the loop and exit with 0".to_owned(),
        ),
    })
}
