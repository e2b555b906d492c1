/** Texts of a client's file on their way into a gatehouse.yaml: references in our form, secrets as variables, everything else as it stands. */
import { basename, resolve } from 'node:path';
import { Scalar, YAMLMap, YAMLSeq, type Node } from 'yaml';
import { CLIENT_VARIABLE, inputOf, variableFor, type ClientServers } from './mcp-json.ts';
import { literal } from './references.ts';
import { secretOfArgument, secretOfPair, secretsOfUrl, type Cut } from './secrets.ts';
import type { Tree } from './tree.ts';

export interface At {
  /** The server's name here. */
  readonly server: string;
  /** Where it stands in the client's file. */
  readonly path: string;
  /** The setting of the server that it is part of. */
  readonly key: string;
}

interface Where {
  readonly at: At;
  readonly comments: string[];
}

/** `$${` is none: it says that one is meant literally. */
const REFERENCE = /(?<!\$)\$\{[^}]*\}/;
const REFERENCES = /(?<!\$)\$\{([^}]*)\}/g;

export class ImportedText {
  readonly #found: ClientServers;
  readonly #file: string;
  readonly #notes: string[];
  /** What each variable stands for; the same value needs one variable only. */
  readonly #meant = new Map<string, string>();
  readonly #inputs: ReadonlyMap<string, string>;

  constructor(found: ClientServers, file: string, notes: string[]) {
    this.#found = found;
    this.#file = file;
    this.#notes = notes;
    this.#inputs = inputsOf(found);
  }

  get variables(): readonly string[] {
    return [...this.#meant.keys()];
  }

  node(tree: Tree, at: At): Node {
    if (tree.kind === 'map') {
      const map = new YAMLMap();
      for (const [key, { value }] of tree.entries)
        map.add({ key: new Scalar(key), value: this.#pair(value, { ...at, path: `${at.path}.${key}` }, key) });
      return map;
    }
    if (tree.kind === 'list') {
      const list = new YAMLSeq();
      let before: string | undefined;
      for (const [index, item] of tree.items.entries()) {
        const said = before;
        const cuts = (text: string): Cut[] => (at.key === 'args' ? secretOfArgument(text, said) : []);
        list.add(this.#scalar(item, { ...at, path: `${at.path}[${index}]` }, cuts));
        before = item.kind === 'scalar' ? String(item.value) : undefined;
      }
      return list;
    }
    // A path is meant from where the client stands.
    if (at.key === 'cwd' && typeof tree.value === 'string' && /^(?![/~$]|[A-Za-z]:)/.test(tree.value))
      return this.#scalar({ ...tree, value: resolve(literal(this.#found.folder), tree.value) }, at, () => []);
    return this.#scalar(tree, at, (text) => (at.key === 'url' ? secretsOfUrl(text) : []));
  }

  #pair(tree: Tree, at: At, key: string): Node {
    const isListed = at.key === 'env' || at.key === 'headers';
    return this.#scalar(tree, at, (text) => (isListed ? secretOfPair(key, text) : []));
  }

  #scalar(tree: Tree, at: At, cuts: (text: string) => Cut[]): Node {
    if (tree.kind !== 'scalar') return this.node(tree, at);
    if (typeof tree.value !== 'string') return new Scalar(tree.value);
    const comments: string[] = [];
    const node = new Scalar(this.#text(tree.value, { at, cuts, comments }));
    if (comments.length > 0) node.commentBefore = comments.map((comment) => ` ${comment}`).join('\n');
    return node;
  }

  #text(text: string, where: Where & { readonly cuts: (text: string) => Cut[] }): string {
    const { at, comments } = where;
    let out = '';
    let from = 0;
    for (const { start, end, name } of where.cuts(text)) {
      const secret = text.slice(start, end);
      // Whoever wrote a reference knew where secrets belong.
      if (REFERENCE.test(closed(secret))) continue;
      const variable = this.#variable(at, name, secret);
      comments.push(`${variable} stood here in the clear in ${this.#file}`);
      this.#notes.push(`${at.path}: a secret, not copied; set ${variable}`);
      out += `${this.#references(text.slice(from, start), where)}\${${variable}}`;
      from = end;
    }
    return out + this.#references(text.slice(from), where);
  }

  #references(text: string, where: Where): string {
    const head = closed(text);
    const told = head.replace(REFERENCES, (whole, expression: string) => this.#reference(whole, expression, where));
    return told + text.slice(head.length);
  }

  #reference(whole: string, expression: string, { at, comments }: Where): string {
    const known = fixed(expression, this.#found.folder);
    if (known !== undefined) return known;
    const input = inputOf(expression);
    if (input !== undefined) {
      const variable = this.#named(variableFor(input), at.server, `input ${input}`);
      const asked = this.#inputs.get(input);
      comments.push(`${variable}${asked === undefined ? '' : `: ${asked}`} (the client asked for it)`);
      this.#notes.push(`${at.path}: asked for ${input}, and nobody can be asked here; set ${variable}`);
      return `\${${variable}}`;
    }
    const [, name, fallback] = CLIENT_VARIABLE.exec(expression) ?? [];
    if (name === undefined) {
      this.#notes.push(`${at.path}: ${whole} is understood by its client only; kept as plain text`);
      return literal(whole);
    }
    if (fallback !== undefined) return `\${${name}:-${fallback}}`;
    this.#meant.set(name, `variable ${name}`);
    return `\${${name}}`;
  }

  /** Environment variables keep their names; what else is secret is called after its server. */
  #variable(at: At, name: string, secret: string): string {
    const bare = variableFor(name);
    const isOwn = at.key === 'env' || bare.startsWith(variableFor(at.server));
    const own = isOwn ? bare : variableFor(`${at.server}_${name}`);
    return this.#named(own, at.server, `secret ${secret}`);
  }

  #named(wanted: string, server: string, meaning: string): string {
    for (const name of [wanted, variableFor(`${server}_${wanted}`)]) if (this.#take(name, meaning)) return name;
    for (let number = 2; ; number += 1) {
      const name = variableFor(`${server}_${wanted}_${number}`);
      if (this.#take(name, meaning)) return name;
    }
  }

  #take(name: string, meaning: string): boolean {
    const meant = this.#meant.get(name);
    if (meant !== undefined && meant !== meaning) return false;
    this.#meant.set(name, meaning);
    return true;
  }
}

/** Up to the last brace that closes. Behind it no reference can end, and each that begins would be followed to the end of the text. */
const closed = (text: string): string => text.slice(0, text.lastIndexOf('}') + 1);

/** What means the same on every start. */
function fixed(expression: string, folder: string): string | undefined {
  switch (expression) {
    case 'workspaceFolder':
      return literal(folder);
    case 'workspaceFolderBasename':
      return literal(basename(folder));
    case 'userHome':
      return '${HOME}';
    case 'pathSeparator':
    case '/':
      return '/';
    default:
      return undefined;
  }
}

/** What the client would say when it asks, by the input's id. */
function inputsOf({ written }: ClientServers): ReadonlyMap<string, string> {
  const inputs = written?.entries.get('inputs')?.value;
  const said = new Map<string, string>();
  if (inputs?.kind !== 'list') return said;
  for (const input of inputs.items) {
    if (input.kind !== 'map') continue;
    const [id, description] = ['id', 'description'].map((key) => {
      const value = input.entries.get(key)?.value;
      return value?.kind === 'scalar' ? String(value.value) : '';
    });
    if (id !== undefined && description !== undefined && description !== '')
      said.set(id, description.replace(/\s+/g, ' ').slice(0, 200));
  }
  return said;
}
