//! The opcodes of section 2.4 of the specification, split by direction so that neither can stand for the other.

macro_rules! opcodes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal, $label:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $value,)* }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The opcode with this number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($value => Some(Self::$variant),)* _ => None }
            }

            /// Its number on the wire.
            #[must_use]
            pub const fn number(self) -> u8 { self as u8 }

            /// Its name as the specification writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.name()) }
        }
    };
}

opcodes! {
    /// What a client sends.
    RequestOpcode {
        /// Begins a connection (4.1.1).
        Startup = 0x01, "STARTUP";
        /// Asks what the server supports (4.1.3).
        Options = 0x05, "OPTIONS";
        /// A statement as text (4.1.4).
        Query = 0x07, "QUERY";
        /// Has a statement prepared (4.1.5).
        Prepare = 0x09, "PREPARE";
        /// Runs a prepared statement (4.1.6).
        Execute = 0x0A, "EXECUTE";
        /// Asks for events (4.1.8).
        Register = 0x0B, "REGISTER";
        /// Several statements at once (4.1.7).
        Batch = 0x0D, "BATCH";
        /// A step of authentication (4.1.2).
        AuthResponse = 0x0F, "AUTH_RESPONSE";
    }
}

opcodes! {
    /// What a server sends.
    ResponseOpcode {
        /// Something went wrong (4.2.1).
        Error = 0x00, "ERROR";
        /// The connection may be used (4.2.2).
        Ready = 0x02, "READY";
        /// Credentials are wanted (4.2.3).
        Authenticate = 0x03, "AUTHENTICATE";
        /// The answer to OPTIONS (4.2.4).
        Supported = 0x06, "SUPPORTED";
        /// The answer to QUERY, PREPARE, EXECUTE and BATCH (4.2.5).
        Result = 0x08, "RESULT";
        /// Something happened in the cluster (4.2.6).
        Event = 0x0C, "EVENT";
        /// The next step of authentication (4.2.7).
        AuthChallenge = 0x0E, "AUTH_CHALLENGE";
        /// Authentication is done (4.2.8).
        AuthSuccess = 0x10, "AUTH_SUCCESS";
    }
}
