/** What a server says on a connection that it ends. */
export const GOODBYE = "goodbye";
