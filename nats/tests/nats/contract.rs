//! The public contract, kept by its reference page.
