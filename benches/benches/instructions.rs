//! One operation, or the primitives of its floor, a given number of times, for a counter of
//! instructions: see `.ci/instructions`.

use quipu_benches::operations;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (of_floor, name, times) = match arguments[..] {
        ["floor", name, times] => (true, name, times),
        [name, times] => (false, name, times),
        _ => return operations().iter().for_each(|it| println!("{}", it.case.name)),
    };
    let times = times.parse().expect("a number");
    let found = operations().into_iter().find(|it| it.case.name == name);
    let mut operation = found.expect("an operation");
    if of_floor {
        for (count, primitive) in operation.floor {
            primitive.case().run(times * u64::from(count));
        }
    } else {
        operation.case.run(times);
    }
}
