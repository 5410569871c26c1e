#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (quipu_fuzz::target("card").expect("a target").run)(data));
