//! Whether this runner, on this machine, tells honest clients from false ones.

use crate::adapter::Lie;
use crate::options::{Options, Stop};
use crate::run::{bar, myself};
use clap::ValueEnum;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A run, and how it has to end.
struct Case {
    /// `None` is the embedded reference itself.
    lie: Option<Lie>,
    filter: Option<&'static str>,
    code: i32,
    /// What the report says.
    says: &'static str,
}

const fn case(lie: Lie, filter: &'static str, code: i32, says: &'static str) -> Case {
    Case { lie: Some(lie), filter: Some(filter), code, says }
}

/// Every false adapter, with a part of the suite that is enough to see its lie.
const CASES: &[Case] = &[
    Case { lie: None, filter: None, code: 0, says: ": conformant" },
    case(Lie::ByTheSchema, "handshake-", 5, ": incomplete"),
    case(Lie::Honest, "mix/", 5, ": incomplete"),
    case(Lie::Slow, "mix/", 5, ": incomplete"),
    case(Lie::SplitLine, "mix/", 5, ": incomplete"),
    case(Lie::LoudOnStderr, "mix/", 5, ": incomplete"),
    case(Lie::CrashLater, "handshake-respond/", 5, ": incomplete"),
    case(Lie::Ok, "card-verify/", 1, "ACCEPTED card-verify"),
    case(Lie::Reject, "padding/", 1, "refused as authentication, expected success"),
    case(Lie::Unsupported, "padding/", 1, "unsupported, though its profile is claimed"),
    case(Lie::Fault, "padding/", 1, "fault: no"),
    case(Lie::Echo, "padding/", 1, "FAILED padding"),
    case(Lie::OtherError, "padding/", 1, "refused as protocol, expected too_long"),
    case(Lie::UpperCase, "mix/", 1, "FAILED mix"),
    case(Lie::NumbersAsText, "padding/", 1, "FAILED padding"),
    case(Lie::TimesAsNumbers, "card-verify/", 1, "FAILED card-verify"),
    case(Lie::NoDraws, "message-seal/", 1, "drew [] bytes, expected"),
    case(Lie::OwnDraws, "message-seal/", 1, "first difference at salt"),
    case(Lie::FixedDraws, "message-seal/", 1, "first difference at salt"),
    case(Lie::SameState, "session/session-in", 1, "the state has not changed"),
    case(Lie::RestlessState, "session/", 1, "a refusal changed the state"),
    case(Lie::LeakyState, "session/", 1, "a refusal changed the state"),
    case(Lie::KnowsEverything, "adapter-unknown", 1, "Unsupported is due"),
    case(Lie::Forgiving, "adapter-malformed", 1, "Fault is due"),
    case(Lie::Strict, "adapter-unknown", 1, "Unsupported is due"),
    case(Lie::AnyVersion, "adapter-versions", 1, "Fault is due"),
    case(Lie::FirstVersion, "adapter-hello", 1, "FAILED adapter-hello"),
    case(Lie::Chatty, "card-verify/card-verify-ada", 1, "nobody asked for"),
    case(Lie::Noise, "mix/", 1, "no JSON"),
    case(Lie::HugeLine, "mix/mix-empty", 1, "longer than 16 MiB"),
    case(Lie::WrongId, "mix/", 1, "has id 0"),
    case(Lie::SwappedIds, "mix/", 1, "the answer to request 2 has id 1"),
    case(Lie::TwoKinds, "mix/", 1, "exactly one of"),
    case(Lie::NeverEnds, "mix/mix-empty", 1, "after the end of its input"),
    case(Lie::BadEnd, "mix/mix-empty", 1, "exit status: 3"),
    case(Lie::Silent, "mix/mix-empty", 3, "no answer to hello"),
    case(Lie::Buffered, "mix/mix-empty", 3, "no answer to hello"),
    case(Lie::Log, "mix/mix-empty", 3, "no JSON"),
    case(Lie::Pretty, "mix/mix-empty", 3, "no JSON"),
    case(Lie::TextId, "mix/mix-empty", 3, "has id \"1\""),
    case(Lie::NoId, "mix/mix-empty", 3, "has id null"),
    case(Lie::Version, "mix/mix-empty", 3, "speaks version 2"),
    case(Lie::Protocol, "mix/mix-empty", 3, "QuipuV2"),
    case(Lie::Profile, "mix/mix-empty", 3, "quantum"),
    case(Lie::NoCore, "mix/mix-empty", 3, "without the profile core"),
    case(Lie::Nameless, "mix/mix-empty", 3, "lacks the text name"),
    Case { lie: Some(Lie::Hang), filter: None, code: 7, says: "no answer to" },
    Case { lie: Some(Lie::Crash), filter: None, code: 7, says: "exit status: 9" },
    Case { lie: Some(Lie::EndsEarly), filter: None, code: 7, says: "exit status: 0" },
];

impl Case {
    fn name(&self) -> (String, String) {
        let value = self.lie.and_then(|lie| lie.to_possible_value());
        value.map_or(
            ("reference".to_owned(), "nothing wrong: inside this program".to_owned()),
            |it| {
                let help = it.get_help().map(ToString::to_string);
                (it.get_name().to_owned(), help.unwrap_or_default())
            },
        )
    }

    /// Short only where it is waited for: a busy machine must not make an answer late.
    fn deadline(&self) -> &'static str {
        match self.lie {
            Some(Lie::Hang | Lie::Silent | Lie::Buffered | Lie::NeverEnds) => "2",
            _ => "60",
        }
    }

    fn run(&self, program: &[String], options: &Options) -> Result<Output, Stop> {
        let mut command = Command::new(&program[0]);
        command.arg("--vectors").arg(&options.vectors).arg("--spec").arg(&options.spec);
        command.args(["--deadline", self.deadline(), "--seed", &options.seed.to_string()]);
        if let Some(filter) = self.filter {
            command.args(["--filter", filter]);
        }
        if self.lie.is_some() {
            command.args([&program[0], "false-adapter", &self.name().0]);
        }
        let output = command.stdin(Stdio::null()).output();
        output.map_err(|error| Stop::damaged(format!("the runner does not start: {error}")))
    }
}

/// Runs them all: a table, and the exit code.
pub(crate) fn selftest(options: &Options, out: &mut impl Write) -> Result<u8, Stop> {
    let program = myself().map_err(Stop::damaged)?;
    let width = CASES.iter().map(|case| case.name().0.len()).max().unwrap_or(0);
    let bar = bar(CASES.len());
    let (mut table, mut wrong) = (String::new(), String::new());
    let mut good = 0;
    for case in CASES {
        let (name, what) = case.name();
        let output = case.run(&program, options)?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let code = output.status.code();
        let (due, found) = (case.code, code.map_or("none".to_owned(), |code| code.to_string()));
        let right = code == Some(due) && text.contains(case.says);
        let verdict = if right { "ok" } else { "WRONG" };
        table += &format!("{name:width$}  {due:>4}  {found:>5}  {verdict:<7}  {what}\n");
        if right {
            good += 1;
        } else {
            let last: Vec<&str> = text.lines().rev().take(5).collect();
            let last = last.into_iter().rev().map(|line| format!("    {line}\n"));
            let says = case.says;
            wrong += &format!("\n{name}: exit code {due} with {says:?} is due; it ended with\n");
            wrong.extend(last);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let total = CASES.len();
    let verdict =
        if good == total { "this runner tells them apart" } else { "do not trust this runner" };
    let head =
        format!("{:width$}  {:>4}  {:>5}  {:<7}  what it does", "client", "due", "found", "");
    crate::say(
        &format!("{head}\n{table}{wrong}\n{good} of {total} as they must: {verdict}\n"),
        out,
    )?;
    Ok(if good == total { 0 } else { 6 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lie_has_its_exit_code_and_only_honest_ones_pass() {
        for lie in Lie::value_variants() {
            let cases = || CASES.iter().filter(|case| case.lie == Some(*lie));
            assert_eq!(cases().count(), 1, "{lie:?}");
            let passes = cases().all(|case| [0, 5].contains(&case.code));
            let honest = matches!(
                lie,
                Lie::Honest
                    | Lie::Slow
                    | Lie::SplitLine
                    | Lie::LoudOnStderr
                    | Lie::ByTheSchema
                    | Lie::CrashLater
            );
            assert_eq!(passes, honest, "{lie:?}");
        }
    }
}
