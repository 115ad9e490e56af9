/** A value may hold what a terminal obeys, or what turns the text around; a message stays on its line. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    const escape = JSON.stringify(character).slice(1, -1);
    return escape === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : escape;
  });
}
