//! Holds nothing yet and does not know anything.
