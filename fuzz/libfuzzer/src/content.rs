#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (quipu_fuzz::target("content").expect("a target").run)(data));
