//! Instructions, counted by callgrind: a measure without noise.

use crate::scene::{Scene, forged};
use crate::valgrind::{dump, zero};
use quipu::message::Envelope;
use std::collections::BTreeMap;
use std::env;
use std::ffi::CString;
use std::fs;
use std::hint::black_box;
use std::io;
use std::process::{Command, ExitCode, Stdio};

/// Runs what is counted, twice before so that memory and caches of the allocator are warm.
fn counted(name: &str, mut run: impl FnMut()) {
    let name = CString::new(name).expect("no zero byte");
    run();
    run();
    zero();
    run();
    dump(&name);
}

/// Plays what is counted; under callgrind each case leaves a file.
pub(crate) fn play() -> ExitCode {
    let Scene { receiver, waiting, .. } = Scene::new(false);
    let newest = &waiting[waiting.len() - 1];
    for at in 0..32 {
        let forgery = forged(newest, at);
        counted(&format!("byte {at:02}"), || drop(black_box(receiver.open(&forgery))));
    }
    for (index, message) in waiting.iter().enumerate() {
        let forgery = forged(message, 31);
        counted(&format!("chain {index}"), || drop(black_box(receiver.open(&forgery))));
        let search = || receiver.candidate(&Envelope::decode(message).expect("layout"));
        counted(&format!("genuine {index}"), || {
            black_box(search());
        });
    }
    let right = [7; 32];
    for at in 0..32 {
        let mut claimed = right;
        claimed[at] = 1;
        counted(&format!("leak {at:02}"), || {
            let (one, other) = (black_box(&right), black_box(&claimed));
            black_box(one.iter().zip(other).position(|(one, other)| one != other));
        });
    }
    ExitCode::SUCCESS
}

/// Instructions of each case.
fn count() -> io::Result<BTreeMap<String, u64>> {
    let folder = env::temp_dir().join(format!("quipu-timing-{}", std::process::id()));
    fs::create_dir(&folder)?;
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "-q"])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(env::current_exe()?)
        .args(["counts", "play"])
        .stderr(Stdio::null())
        .status()?;
    assert!(status.success(), "callgrind: {status}");
    let mut counts = BTreeMap::new();
    for entry in fs::read_dir(&folder)? {
        let text = fs::read_to_string(entry?.path())?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let (Some(name), Some(total)) =
            (field("desc: Trigger: Client Request: "), field("totals: "))
        else {
            continue;
        };
        counts.insert(name.to_owned(), total.trim().parse().expect("a number"));
    }
    fs::remove_dir_all(&folder)?;
    Ok(counts)
}

/// Counts, and says whether the counts of forgeries are equal and those of the leak are not.
pub(crate) fn check() -> io::Result<bool> {
    let counts = count()?;
    let of = |kind: &str| -> Vec<u64> {
        counts.iter().filter(|(name, _)| name.starts_with(kind)).map(|(_, count)| *count).collect()
    };
    let equal = |counts: &[u64]| counts.windows(2).all(|it| it[0] == it[1]);
    let mut fine = true;
    for (kind, cases, what) in [
        ("byte", 32, "a forgery refused, by the first wrong byte of its MAC"),
        ("chain", 7, "a forgery refused, by the chain whose MAC is wrong in its last byte"),
    ] {
        let counts = of(kind);
        assert_eq!(counts.len(), cases, "{kind}");
        let same = equal(&counts);
        println!("{what}: {} instructions, {}", counts[0], if same { "each" } else { "NOT EACH" });
        if !same {
            println!("    {counts:?}");
        }
        fine &= same;
    }
    println!("a genuine message found, by its chain, the oldest first: {:?}", of("genuine"));
    let leak = of("leak");
    assert_eq!(leak.len(), 32);
    let found = !equal(&leak);
    println!("deliberate leak, an early exit: {}", if found { "found" } else { "NOT FOUND" });
    Ok(fine && found)
}
