/** Incremented with every incompatible change of a message. Client and server compare it at start. */
export const PROTOCOL_VERSION = 1;
