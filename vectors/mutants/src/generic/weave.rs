//! Puts all mutants into one source, each behind its number.

use super::list::Mutant;
use super::nodes::{Cut, Nodes};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

/// A file with its mutants.
#[derive(Debug, Default)]
pub(crate) struct Woven {
    pub(crate) text: String,
    /// Where in the text the change of each mutant lies.
    pub(crate) changes: Vec<(usize, Range<usize>)>,
    /// Where all lies that its switch is around.
    wholes: Vec<(usize, Range<usize>)>,
    /// The mutants that lie in no expression around which a switch can be.
    pub(crate) homeless: Vec<usize>,
}

/// The text of a file with those mutants of the list that lie in it and are not left out. Their
/// numbers are their places in the list.
pub(crate) fn weave(
    mutants: &[Mutant],
    left_out: &BTreeSet<usize>,
    file: &str,
    text: &str,
) -> Result<Woven, String> {
    let nodes = Nodes::read(text).map_err(|error| format!("{file}: {error}"))?;
    let mut woven = Woven::default();
    let mut cuts = Vec::new();
    for (number, mutant) in mutants.iter().enumerate().filter(|(_, it)| it.file == file) {
        match nodes.cut(mutant, text) {
            Some(cut) if !left_out.contains(&number) => cuts.push((number, cut)),
            Some(_) => {}
            None => woven.homeless.push(number),
        }
    }
    cuts.sort_by_key(|(_, Cut { span, .. })| (span.start, !span.is_empty(), Reverse(span.end)));
    woven.emit(text, 0..text.len(), &cuts)?;
    Ok(woven)
}

impl Woven {
    /// Cuts may lie in one another: the inner ones are in what the outer one leaves as it was.
    fn emit(
        &mut self,
        text: &str,
        Range { start, end }: Range<usize>,
        mut cuts: &[(usize, Cut)],
    ) -> Result<(), String> {
        let mut at = start;
        while let Some(((number, cut), others)) = cuts.split_first() {
            let Cut { span, before, behind } = cut;
            let inner = others.iter().take_while(|(_, it)| it.span.start < span.end).count();
            let (within, rest) = others.split_at(inner);
            if let Some((other, _)) = within.iter().find(|(_, it)| it.span.end > span.end) {
                return Err(format!("the mutants {number} and {other} overlap"));
            }
            self.text += &text[at..span.start];
            let begin = self.text.len();
            self.text += &before.replacen('#', &format!("crate::switch::on({number})"), 1);
            self.changes.push((*number, begin..self.text.len()));
            self.emit(text, span.clone(), within)?;
            self.text += behind;
            self.wholes.push((*number, begin..self.text.len()));
            (at, cuts) = (span.end, rest);
        }
        self.text += &text[at..end];
        Ok(())
    }

    /// The mutants whose change the compiler means when it refuses these bytes: the change in which
    /// they lie, or else the least switch around them.
    pub(crate) fn blamed(&self, bytes: &Range<usize>) -> Vec<usize> {
        let holds = |it: &Range<usize>| it.start <= bytes.start && bytes.end <= it.end;
        let inside: Vec<usize> =
            self.changes.iter().filter(|(_, it)| holds(it)).map(|(number, _)| *number).collect();
        if !inside.is_empty() {
            return inside;
        }
        let around = self.wholes.iter().filter(|(_, it)| holds(it));
        around.min_by_key(|(_, it)| it.len()).map(|(number, _)| *number).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mutant of the one place in `text` where `part` stands.
    fn mutant(genre: &str, text: &str, part: &str, replacement: &str) -> Mutant {
        let (start, _) = text.match_indices(part).next().expect("it is there");
        Mutant {
            name: part.to_owned(),
            file: "a.rs".to_owned(),
            genre: genre.to_owned(),
            returns: String::new(),
            span: start..start + part.len(),
            line: 1,
            replacement: replacement.to_owned(),
        }
    }

    fn woven(mutants: &[Mutant], text: &str) -> String {
        weave(mutants, &BTreeSet::new(), "a.rs", text).expect("it can be woven").text
    }

    #[test]
    fn operators_lie_in_one_another() {
        let text = "fn f() -> bool { !a && b < c }";
        let mutants = [
            mutant("BinaryOperator", text, "&&", "||"),
            mutant("BinaryOperator", text, "<", "=="),
            mutant("UnaryOperator", text, "!", ""),
            mutant("FnValue", text, "!a && b < c", "true"),
        ];
        let on = |number: usize| format!("crate::switch::on({number})");
        let not = format!("(if {} {{ (a) }} else {{ (!a) }})", on(2));
        let less = format!("(if {} {{ (b == c) }} else {{ (b < c) }})", on(1));
        let and = format!("(if {} {{ (!a || b < c) }} else {{ ({not} && {less}) }})", on(0));
        let expected = format!("fn f() -> bool {{ if {} {{ return true; }} {and} }}", on(3));
        assert_eq!(woven(&mutants, text), expected);
    }

    #[test]
    fn an_arm_gets_a_guard_and_a_guard_a_switch() {
        let text = "fn f() { match x { 1 => a, 2 if b => c, _ => d } }";
        let mutants = [
            mutant("MatchArm", text, "1 => a,", ""),
            mutant("MatchArm", text, "2 if b => c,", ""),
            mutant("MatchArmGuard", text, "b", "true"),
        ];
        let guard = "(if crate::switch::on(1) { (false) } else { \
                     ((if crate::switch::on(2) { (true) } else { (b) })) })";
        let expected = format!(
            "fn f() {{ match x {{ 1 if !crate::switch::on(0) => a, 2 if {guard} => c, _ => d }} }}"
        );
        assert_eq!(woven(&mutants, text), expected);
    }

    #[test]
    fn a_chain_that_binds_names_has_no_home_for_another_operator() {
        let text = "fn f() { if let Some(x) = y && x < 1 {} }";
        let mutants =
            [mutant("BinaryOperator", text, "&&", "||"), mutant("BinaryOperator", text, "<", ">")];
        let woven = weave(&mutants, &BTreeSet::new(), "a.rs", text).expect("it can be woven");
        assert_eq!(woven.homeless, [0]);
        assert!(woven.text.contains("y && (if crate::switch::on(1) { (x > 1) } else { (x < 1) })"));
    }

    #[test]
    fn what_the_compiler_refuses_is_blamed_on_the_change_or_on_what_is_around() {
        let text = "fn f() { a < b }";
        let mutants = [mutant("BinaryOperator", text, "<", ">")];
        let woven = weave(&mutants, &BTreeSet::new(), "a.rs", text).expect("it can be woven");
        let at = |part: &str| {
            let start = woven.text.find(part).expect("it is there");
            woven.blamed(&(start..start + part.len()))
        };
        assert_eq!(at("a > b"), [0]);
        assert_eq!(at("a < b"), [0]);
        assert!(at("fn f").is_empty());
    }
}
