//! A stack that remembers its greatest element.

use std::fmt::Debug;

/// A stack of things that can be compared.
#[derive(Debug, Default)]
pub struct Stack<T> {
    items: Vec<T>,
    greatest: Vec<T>,
}

impl<T: Ord + Clone + Debug> Stack<T> {
    /// An empty stack.
    pub fn new() -> Self {
        Stack { items: Vec::new(), greatest: Vec::new() }
    }

    /// Put an item on top.
    pub fn push(&mut self, item: T) {
        let greatest = match self.greatest.last() {
            Some(known) if *known > item => known.clone(),
            _ => item.clone(),
        };
        self.greatest.push(greatest);
        self.items.push(item);
    }

    /// Take the item on top.
    pub fn pop(&mut self) -> Option<T> {
        self.greatest.pop();
        self.items.pop()
    }

    /// The greatest item, if there is any.
    pub fn greatest(&self) -> Option<&T> {
        self.greatest.last()
    }
}

fn main() {
    let mut stack = Stack::new();
    for number in [3, 1, 4, 1, 5] {
        stack.push(number);
    }
    println!("greatest: {:?}", stack.greatest());
}
