//! Text in columns that are as wide as they have to be.

/// Where a cell goes on in the next line: four plans of such cells still fit on a wide screen.
const CELL_WIDTH_MAX: usize = 24;

/// A line of a table; several, if a cell is long.
pub(crate) struct Row {
    /// The lines of each cell; no cells are a rule.
    cells: Vec<Vec<String>>,
}

impl Row {
    /// Cells that go on in the next line where they are long.
    pub(crate) fn new(cells: impl IntoIterator<Item = String>) -> Self {
        Self { cells: cells.into_iter().map(|cell| wrap(&cell)).collect() }
    }

    /// Cells of one line each.
    pub(crate) fn of_any_width(cells: impl IntoIterator<Item = String>) -> Self {
        Self { cells: cells.into_iter().map(|cell| vec![cell]).collect() }
    }

    /// An empty line.
    pub(crate) fn rule() -> Self {
        Self { cells: Vec::new() }
    }
}

/// The rows, with two spaces between columns and none at the end of a line.
pub(crate) fn text(rows: &[Row]) -> String {
    let width = |column: usize| {
        let lines = rows.iter().filter_map(|row| row.cells.get(column)).flatten();
        lines.map(|line| line.chars().count()).max().unwrap_or_default()
    };
    let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let height = row.cells.iter().map(Vec::len).max().unwrap_or(1);
        for line in 0..height {
            let cells = row.cells.iter().zip(&widths).map(|(cell, width)| {
                let part = cell.get(line).map_or("", String::as_str);
                format!("{part:<width$}  ")
            });
            text += cells.collect::<String>().trim_end();
            text.push('\n');
        }
    }
    text
}

fn wrap(cell: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in cell.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => word.clone_into(line),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= CELL_WIDTH_MAX => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_longest_line_and_long_cells_go_on_below() {
        let row = |cells: [&str; 3]| Row::new(cells.map(str::to_owned));
        let rows = [
            row(["", "free", "empresa"]),
            Row::rule(),
            row(["año", "50", "2000, then 0.05 credits each, carries over 10 to 500"]),
            row(["users", "1", "a_word_longer_than_the_width_of_a_cell"]),
        ];
        expect![[r#"
                   free  empresa

            año    50    2000, then 0.05 credits
                         each, carries over 10 to
                         500
            users  1     a_word_longer_than_the_width_of_a_cell
        "#]]
        .assert_eq(&text(&rows));
    }
}
