//! Mistakes with what is concatenated: the order, a part left out, hex text.

use super::plan::{Name, Plan};
use super::slips::Slip;

/// The parts put together wrongly, each way as a sentence.
pub(super) fn wrong(plan: &Plan, parts: &[Name]) -> Vec<(&'static str, String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut add = |id, text: String, parts: &[Name]| {
        if let Some(bytes) = plan.bytes_of(parts) {
            out.push((id, text, bytes));
        }
    };
    for first in 0..parts.len() {
        for second in first + 1..parts.len() {
            let mut order = parts.to_vec();
            order.swap(first, second);
            let text = format!("with `{}` and `{}` swapped", parts[first], parts[second]);
            add("parts-swapped", text, &order);
        }
        let mut fewer = parts.to_vec();
        fewer.remove(first);
        add("part-missing", format!("without `{}`", parts[first]), &fewer);
        if parts.len() == 1 {
            continue;
        }
        let mut twice = parts.to_vec();
        twice.insert(first, parts[first]);
        add("part-twice", format!("with `{}` twice", parts[first]), &twice);
    }
    // Two parts have no third order, and of many parts nobody mixes up all.
    if (3..=5).contains(&parts.len()) {
        let mut order = parts.to_vec();
        while next(&mut order, parts) {
            let moved = order.iter().zip(parts).filter(|(a, b)| a != b).count();
            if moved > 2 {
                add(
                    "parts-order",
                    format!("with its parts in the order {}", listed(&order)),
                    &order,
                );
            }
        }
    }
    if let Some(bytes) = plan.bytes_of(parts) {
        out.push((
            "hex-text",
            "of the hex text in place of the bytes".to_owned(),
            hex::encode(bytes).into(),
        ));
    }
    out
}

/// The same, each put through a function.
pub(super) fn slips(
    plan: &Plan,
    parts: &[Name],
    make: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Vec<Slip> {
    let all = wrong(plan, parts).into_iter();
    let all = all.filter_map(|(id, text, bytes)| Some((id, text, make(&bytes)?)));
    all.map(|(id, text, value)| Slip { id, text: format!("is made {text}"), value }).collect()
}

/// Names in a sentence.
fn listed(names: &[Name]) -> String {
    names.iter().map(|it| format!("`{it}`")).collect::<Vec<String>>().join(", ")
}

/// The next permutation by the places in `of`; false after the last.
fn next(order: &mut [Name], of: &[Name]) -> bool {
    let place = |name: Name| of.iter().position(|it| *it == name);
    let Some(pivot) =
        (1..order.len()).rev().find(|at| place(order[at - 1]) < place(order[*at])).map(|at| at - 1)
    else {
        return false;
    };
    let greater = (pivot + 1..order.len()).rev().find(|at| place(order[pivot]) < place(order[*at]));
    if let Some(greater) = greater {
        order.swap(pivot, greater);
        order[pivot + 1..].reverse();
    }
    true
}
