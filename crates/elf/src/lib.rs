//! What a program file is and what it asks for

#![forbid(unsafe_code)]
