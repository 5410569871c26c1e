//! The table: ratios out of several processes, each of which measures everything interleaved.

use crate::meter::median;
use crate::{Case, Floor, Operation, Primitive, measure};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::iter;
use std::process::Command;

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    /// The operation.
    pub name: String,
    /// Nanoseconds, the median of the processes.
    pub nanoseconds: f64,
    /// Ratio to the floor: least, median, greatest of the processes; nothing without a floor.
    pub ratio: Option<[f64; 3]>,
    /// The same to its primitives in place, where those are measured.
    pub in_place: Option<[f64; 3]>,
    /// The ratio that is accepted.
    pub bound: Option<f64>,
}

/// Everything that was measured.
#[derive(Debug)]
pub struct Table {
    /// Operations, in order.
    pub rows: Vec<Row>,
    /// What each process has measured, by name.
    pub processes: Vec<BTreeMap<String, f64>>,
}

/// Measures operations, the primitives of their floors and `others` in this process, and prints a
/// line for each.
pub fn process(operations: Vec<Operation>, others: Vec<Case>, rounds: usize) {
    let primitives: BTreeSet<Primitive> =
        operations.iter().flat_map(|it| &it.floor).map(|(_, primitive)| *primitive).collect();
    let cases = operations.into_iter().flat_map(|it| iter::once(it.case).chain(it.in_place));
    let cases = cases.chain(others);
    let cases = cases.chain(primitives.into_iter().map(Primitive::case)).collect();
    for it in measure(cases, rounds) {
        println!("{}\t{}", it.name, it.nanoseconds);
    }
}

/// Starts this program again `processes` times with `arguments` and collects what it prints.
pub fn collect(operations: &[Operation], processes: usize, arguments: &[&str]) -> Table {
    let program = std::env::current_exe().expect("this program");
    let run = |at| {
        eprintln!("process {} of {processes}", at + 1);
        let done = Command::new(&program).args(arguments).output().expect("starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut measured = parse(&String::from_utf8(done.stdout).expect("text"));
        for it in operations.iter().filter(|it| !it.floor.is_empty()) {
            measured.insert(floor_of(&it.case.name), sum(&it.floor, &measured));
        }
        measured
    };
    let processes: Vec<_> = (0..processes).map(run).collect();
    let rows = operations.iter().map(|it| row(it, &processes)).collect();
    Table { rows, processes }
}

/// The name of the sum of an operation's primitives among what a process has measured.
pub fn floor_of(operation: &str) -> String {
    format!("floor of {operation}")
}

/// The name of an operation's primitives in its place among what a process has measured.
pub(crate) fn in_place_of(operation: &str) -> String {
    format!("primitives of {operation}")
}

fn parse(text: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        let (name, value) = line.split_once('\t')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

fn row(operation: &Operation, processes: &[BTreeMap<String, f64>]) -> Row {
    let name = operation.case.name.clone();
    let to = |other: String| spread(processes.iter().map(|it| it[&name] / it[&other]));
    let ratio = (!operation.floor.is_empty()).then(|| to(floor_of(&name)));
    let in_place = operation.in_place.as_ref().map(|it| to(it.name.clone()));
    let nanoseconds = median(processes.iter().map(|it| it[&name]).collect());
    Row { name, nanoseconds, ratio, in_place, bound: operation.bound }
}

fn sum(floor: &Floor, measured: &BTreeMap<String, f64>) -> f64 {
    let each = |(count, primitive): &(u32, Primitive)| {
        f64::from(*count) * measured[&primitive.to_string()]
    };
    floor.iter().map(each).sum()
}

impl Table {
    /// How many times `theirs` takes as long as `ours`, as `1.04 (1.03 to 1.06)`.
    pub fn ratio(&self, theirs: &str, ours: &str) -> String {
        shown(spread(self.processes.iter().map(|it| it[theirs] / it[ours])))
    }

    /// Rows above their bound, by the median.
    pub fn beyond(&self) -> impl Iterator<Item = &Row> {
        let beyond = |row: &&Row| {
            row.bound.zip(row.ratio).is_some_and(|(bound, [_, median, _])| median > bound)
        };
        self.rows.iter().filter(beyond)
    }
}

fn spread(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let values: Vec<f64> = values.collect();
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(0.0, f64::max);
    [least, median(values), greatest]
}

/// `1.04 (1.03 to 1.06)`
fn shown([least, median, greatest]: [f64; 3]) -> String {
    format!("{median:.2} ({least:.2} to {greatest:.2})")
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [ratio, in_place] =
            [self.ratio, self.in_place].map(|it| it.map_or_else(|| "-".into(), shown));
        let bound = self.bound.map_or_else(|| "-".into(), |it| format!("{it:.2}"));
        let micro = self.nanoseconds / 1e3;
        write!(f, "| {} | {micro:.2} | {ratio} | {in_place} | {bound} |", self.name)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| operation | µs | ours / floor | ours / primitives in place | accepted |\n|---|---|---|---|---|"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
