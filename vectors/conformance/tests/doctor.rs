//! The doctor: each diagnosis is made, with its fix, of an adapter that has only that illness.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const RUNNER: &str = env!("CARGO_BIN_EXE_quipu-conformance");

fn doctor(deadline: &str, command: &[&str]) -> (i32, String) {
    let output = Command::new(RUNNER)
        .args(["--deadline", deadline, "doctor"])
        .args(command)
        .output()
        .expect("the runner starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.code().expect("the runner ends by itself"), text)
}

#[track_caller]
fn finds(command: &[&str], code: i32, problem: &str, fix: &str) {
    // Short only where it is waited for: a busy machine must not make an answer late.
    let waits = ["hang", "silent", "buffered", "never-ends"];
    let deadline = if waits.iter().any(|kind| command.contains(kind)) { "3" } else { "60" };
    let (found, text) = doctor(deadline, command);
    assert_eq!(found, code, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("problem  ") && line.contains(problem));
    let at = at.unwrap_or_else(|| panic!("no problem with {problem:?} in:\n{text}"));
    let next = lines.get(at + 1).copied().unwrap_or_default();
    assert!(next.starts_with("         fix: ") && next.contains(fix), "{fix:?}: {next}\n{text}");
}

fn ill(kind: &str, code: i32, problem: &str, fix: &str) {
    finds(&[RUNNER, "false-adapter", kind], code, problem, fix);
}

/// An adapter in one line of shell.
fn shell(script: &str, problem: &str, fix: &str) {
    finds(&["sh", "-c", script], 3, problem, fix);
}

#[test]
fn a_healthy_adapter_is_told_so() {
    let whole: &[&str] = &[];
    for command in [whole, &[RUNNER, "serve"], &[RUNNER, "false-adapter", "split-line"]] {
        let (code, text) = doctor("60", command);
        assert_eq!(code, 0, "{text}");
        assert!(text.lines().take_while(|line| !line.is_empty()).all(|it| it.starts_with("ok ")));
        assert!(text.contains("\nNo problem found. Next: cargo run --release -- "), "{text}");
    }
}

#[test]
fn commands_that_do_not_start() {
    let path = std::env::temp_dir().join(format!("quipu-doctor-{}", std::process::id()));
    let path = path.to_str().expect("text");
    finds(&["/nowhere/adapter"], 3, "does not start", "there is no file /nowhere/adapter");
    finds(&["quipu-no-such-program"], 3, "does not start", "not on the PATH");
    finds(&["/tmp"], 3, "does not start", "is a folder");
    finds(&["sh", "nowhere.sh"], 3, "hello", "no file nowhere.sh");
    finds(&["sh", "-c", "exit 4"], 3, "exit status: 4", "its standard error, above, says why");
    fs::write(path, "#!/nowhere/interpreter\n").expect("a file");
    finds(&[path], 3, "does not start", &format!("chmod +x {path}"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a file");
    finds(&[path], 3, "does not start", "names a program that is not there");
    fs::write(path, "\u{1}\u{2}").expect("a file");
    finds(&[path], 3, "does not start", "#! that names its interpreter");
    fs::remove_file(path).expect("a file");
}

#[test]
fn no_answer_to_hello() {
    ill("silent", 3, "no answer to hello within 3 s", "read one line from standard input");
    ill("buffered", 3, "no answer to hello within 3 s", "only when its input has ended");
    ill("log", 3, "answering request 1", "logs go to standard error");
    ill("pretty", 3, "no JSON", "on one line, without indentation");
    shell("read x; echo hello; sleep 1", "no JSON", "everything else goes to standard error");
    shell("read x; echo \"{'id': 1, 'ok': {}}\"; read x", "no JSON", "json.dumps");
    shell("read x; echo '[1]'; read x", "not an object", "write an object");
    shell("read x; echo '{\"ok\":{}}'; read x", "has id null", "put \"id\"");
}

#[test]
fn a_wrong_hello() {
    ill("text-id", 3, "has id \"1\"", "\"id\":1 and not \"id\":\"1\"");
    ill("no-id", 3, "has id null", "give back the id");
    ill("version", 3, "speaks version 2", "\"adapter\":1");
    ill("protocol", 3, "QuipuV2", "\"protocol\":\"QuipuV1\"");
    ill("nameless", 3, "lacks the text name", "\"name\":\"mine\"");
    ill("profile", 3, "quantum", "\"profiles\":[\"core\"]");
    ill("no-core", 3, "without the profile core", "\"profiles\":[\"core\"]");
    let hello = "read x; echo '{\"id\":1,\"ok\":{\"adapter\":\"1\"}}'; read x";
    shell(hello, "speaks version \"1\"", "adapter is a number, not a text");
}

#[test]
fn answers_that_are_no_answers() {
    ill("hang", 1, "no answer to vector", "answer each request");
    ill("crash", 1, "exit status: 9", "catch what the client throws");
    ill("chatty", 1, "has id 2", "no more and no less");
    ill("noise", 1, "no JSON", "logs go to standard error");
    ill("two-kinds", 1, "exactly one of", "one of ok, reject, unsupported and fault");
    ill("huge-line", 1, "longer than 16 MiB", "one line of JSON");
}

#[test]
fn results_in_another_notation() {
    ill("upper-case", 1, "message-seal, mix, prekey-issue", "lower case");
    ill("upper-case", 1, "hex in upper case", "lower case");
    ill("numbers-as-text", 1, "a number as text", "256, not \"256\"");
    ill("times-as-numbers", 1, "a time as a number", "decimal text");
    ill("fault", 1, "bundle-verify, card-issue, card-valid", "repro bundle-verify-all");
    ill("fault", 1, "begin of a session: no where ok is due", "repro session-in-order");
    ill("reject", 1, "refused as authentication, but the test", "shows the lines");
    ill("ok", 1, "ok has no output", "put the results into output");
    ill("echo", 1, "another", "shows the lines");
}

#[test]
fn draws_of_its_own() {
    ill("own-draws", 1, "gives other results for the same draws", "pass it in");
    ill("fixed-draws", 1, "gives the same results for other draws", "pass it in");
    ill("no-draws", 1, "reports drew []", "write the length of each draw into drew");
}

#[test]
fn what_no_vector_asks() {
    ill("strict", 1, "adapter-unknown-operation", "unsupported\":true}, not with fault");
    ill("knows-everything", 1, "adapter-unknown-vector", "before you look at its input");
    ill("forgiving", 1, "adapter-malformed-line", "catch what the JSON parser throws");
    ill("forgiving", 1, "adapter-unknown-field", "fault when there are more");
    ill("forgiving", 1, "adapter-missing-field", "fault when one is missing");
    ill("forgiving", 1, "adapter-malformed-field", "hex is lower case");
    ill("restless-state", 1, "adapter-state-is-quiet", "without time");
    ill("never-ends", 1, "goes on 3 s after the end of its input", "exit with 0");
    ill("bad-end", 1, "at the end of its input: exit status: 3", "exit with 0");
}

/// What is missing is work, not illness, as long as it is said.
#[test]
fn a_client_that_has_nothing_yet_is_told_what_comes_later() {
    let (code, text) = doctor("60", &[RUNNER, "false-adapter", "unsupported"]);
    assert_eq!(code, 1, "a malformed line is fault even then: {text}");
    assert!(text.contains("ok       0 of 42 vector operations"), "{text}");
    assert!(text.contains("later    unsupported: bundle-verify, card-issue"), "{text}");
    assert!(text.contains("later    draws: nothing that draws"), "{text}");
    assert!(text.contains("problem  adapter-malformed-line"), "{text}");
}
