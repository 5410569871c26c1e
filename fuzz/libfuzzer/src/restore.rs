#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (quipu_fuzz::target("restore").expect("a target").run)(data));
