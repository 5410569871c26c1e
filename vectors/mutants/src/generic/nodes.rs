//! Where the switch of a mutant lies: around the expression of which it changes a part.

use super::list::Mutant;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Expr, ExprBinary, ExprStruct, ExprUnary, File, Pat};

/// How a mutant is put behind its switch, for which `#` stands: what comes before and behind a
/// piece of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) span: Range<usize>,
    pub(crate) before: String,
    pub(crate) behind: &'static str,
}

impl Cut {
    /// An expression, and what it is when the switch is on.
    fn replace(span: &Range<usize>, changed: &str) -> Self {
        let before = format!("(if # {{ ({changed}) }} else {{ (");
        Self { span: span.clone(), before, behind: ") })" }
    }

    /// What stands at a place in addition.
    const fn insert(at: usize, before: String) -> Self {
        Self { span: at..at, before, behind: "" }
    }
}

/// The nodes of a file that mutants change, by what cargo-mutants calls their span.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    /// Of an operator or a field: the expression around it.
    around: Vec<(Range<usize>, Range<usize>)>,
    /// Of an arm: the end of its pattern, and its guard.
    arms: Vec<(Range<usize>, usize, Option<Range<usize>>)>,
}

impl Nodes {
    pub(crate) fn read(text: &str) -> Result<Self, syn::Error> {
        let file: File = syn::parse_file(text)?;
        let mut nodes = Self::default();
        nodes.visit_file(&file);
        Ok(nodes)
    }

    /// The cut for a mutant; none when no expression stands around what it changes.
    pub(crate) fn cut(&self, mutant: &Mutant, text: &str) -> Option<Cut> {
        let Mutant { span, replacement, .. } = mutant;
        Some(match mutant.genre.as_str() {
            "FnValue" => value(mutant),
            "MatchArmGuard" => Cut::replace(span, replacement),
            "MatchArm" => match self.arms.iter().find(|(arm, ..)| arm.start == span.start)? {
                (_, _, Some(guard)) => Cut::replace(guard, "false"),
                (_, pattern, None) => Cut::insert(*pattern, " if !#".to_owned()),
            },
            _ => {
                let (_, node) = self.around.iter().find(|(part, _)| part.start == span.start)?;
                let parts = [node.start..span.start, span.end..node.end];
                let [front, back] = parts.map(|part| text.get(part).unwrap_or_default());
                Cut::replace(node, &[front, replacement, back].concat())
            }
        })
    }
}

/// A function that returns at once. One of which the type is only known by a trait would return two
/// types that way: both are put behind the trait.
fn value(Mutant { span, replacement, returns, .. }: &Mutant) -> Cut {
    let Some(name) = returns.strip_prefix("-> impl ") else {
        return Cut::insert(span.start, format!("if # {{ return {replacement}; }} "));
    };
    let kind = format!("std::boxed::Box<dyn {name} + '_>");
    let before = format!(
        "{{ let made: {kind} = if # {{ std::boxed::Box::new({replacement}) }} else {{ \
         std::boxed::Box::new({{ "
    );
    Cut { span: span.clone(), before, behind: " }) }; made }" }
}

impl<'a> Visit<'a> for Nodes {
    fn visit_expr_binary(&mut self, node: &'a ExprBinary) {
        if !is_let(&node.left) && !is_let(&node.right) {
            self.around.push((node.op.span().byte_range(), node.span().byte_range()));
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'a ExprUnary) {
        self.around.push((node.op.span().byte_range(), node.span().byte_range()));
        visit::visit_expr_unary(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'a ExprStruct) {
        let whole = node.span().byte_range();
        self.around.extend(node.fields.iter().map(|it| (it.span().byte_range(), whole.clone())));
        visit::visit_expr_struct(self, node);
    }

    fn visit_arm(&mut self, node: &'a Arm) {
        let (pattern, guard) = match &node.pat {
            Pat::Guard(guarded) => (&*guarded.pat, Some(guarded.guard.span().byte_range())),
            pattern => (pattern, None),
        };
        self.arms.push((node.span().byte_range(), pattern.span().byte_range().end, guard));
        visit::visit_arm(self, node);
    }
}

/// Whether an operand binds names, which it does only in a chain of `&&`: no other operator can
/// stand there, and no switch around it.
fn is_let(operand: &Expr) -> bool {
    match operand {
        Expr::Let(_) => true,
        Expr::Binary(chain) => is_let(&chain.left) || is_let(&chain.right),
        _ => false,
    }
}
