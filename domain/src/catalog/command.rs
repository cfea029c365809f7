//! What may be asked of a catalog.

use serde::{Deserialize, Serialize};

use super::Definition;

/// A command to a product's catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Publish a definition as the product's newest version.
    Publish {
        /// What to publish; already checked by [`super::source::read`].
        definition: Box<Definition>,
    },
}
