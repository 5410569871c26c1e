//! One operation a given number of times, for a counter of instructions: see `.ci/instructions`.

use quipu_benches::operations;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    match arguments.as_slice() {
        [name, times] => {
            let mut all = operations();
            let found = all.iter_mut().find(|it| it.case.name == *name).expect("an operation");
            found.case.run(times.parse().expect("a number"));
        }
        _ => operations().iter().for_each(|it| println!("{}", it.case.name)),
    }
}
