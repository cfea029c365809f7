//! Reads a catalog file.
