//! One operation, or the primitives of its floor, a given number of times, for a counter of
//! instructions: see `.ci/instructions`.

use quipu_benches::operations;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let (what, name, times) = match arguments.as_slice() {
        [name, times] => ("", name, times),
        [what, name, times] if what == "floor" => (what.as_str(), name, times),
        _ => return operations().iter().for_each(|it| println!("{}", it.case.name)),
    };
    let times = times.parse().expect("a number");
    let mut found =
        operations().into_iter().find(|it| it.case.name == *name).expect("an operation");
    if what.is_empty() {
        found.case.run(times);
    }
    for (count, primitive) in found.floor.iter().filter(|_| !what.is_empty()) {
        primitive.case().run(times * u64::from(*count));
    }
}
