/** Raised with every incompatible change of a message. Client and server compare it when they meet. */
export const PROTOCOL_VERSION = 1;
