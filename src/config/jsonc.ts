/**
 * JSON with comments and tabs, as editors keep it, made readable for the YAML parser, of whose language JSON is a part. Every character
 * keeps its line and column.
 */

export function jsonAsYaml(text: string): string {
  return text.replace(TOKEN, (token) => {
    if (token.startsWith('"')) return token;
    return token.replace(/[^\n]/g, ' ');
  });
}

/** A string (or its open rest), a line comment, a block comment (or its open rest), a tab or carriage return. */
const TOKEN = /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\t\r]/g;
