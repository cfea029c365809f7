//! A new migration compiles this crate again: it holds the text of all of them.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
