//! Tells what happens, line by line, and remembers it for the test that compares it with what was expected.

/// The teller of one story. What it says is the same on every run: no instants, no random ids, no durations.
#[derive(Debug, Default)]
pub struct Narrator {
    told: String,
}

impl Narrator {
    /// A new chapter.
    pub fn chapter(&mut self, title: &str) {
        self.line(&format!("\n{title}"));
    }

    /// Something that happened and was checked.
    pub fn tell(&mut self, what: &str) {
        self.line(&format!("   {what}"));
    }

    /// All that was told.
    #[must_use]
    pub fn told(&self) -> &str {
        &self.told
    }

    fn line(&mut self, line: &str) {
        println!("{line}");
        self.told.push_str(line);
        self.told.push('\n');
    }
}
