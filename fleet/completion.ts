import { type Command, commonOptions } from './command';
import { UsageError } from './errors';
import { write } from './terminal';

/** Prints a script that has a shell complete the commands and their options. */
export function completionOf(commands: () => Readonly<Record<string, Command>>): Command {
  return {
    summary: 'prints a script for the completion of bash or zsh',
    help: `npm run --silent fleet -- completion bash|zsh

Prints a script that completes commands and options after a function or alias named fleet:
  fleet() { npm run --silent fleet -- "$@"; }
  source <(fleet completion bash)
`,
    options: {},
    async run(given, { stdout }) {
      const shell = given.only('shell: bash or zsh');
      if (shell !== 'bash' && shell !== 'zsh')
        throw new UsageError(`There is no completion for '${shell}': bash or zsh.`);
      await write(stdout, shell === 'bash' ? bash(commands()) : zsh(commands()));
    },
  };
}

function optionsOf({ options }: Command): string {
  return Object.keys({ ...commonOptions, ...options })
    .map((name) => `--${name}`)
    .join(' ');
}

function cases(commands: Readonly<Record<string, Command>>, line: (options: string) => string): string {
  return Object.entries(commands)
    .map(([name, command]) => `    ${name}) ${line(optionsOf(command))} ;;`)
    .join('\n');
}

function bash(commands: Readonly<Record<string, Command>>): string {
  return `_fleet() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words='${Object.keys(commands).join(' ')}'
  if [ "$COMP_CWORD" -gt 1 ]; then case "\${COMP_WORDS[1]}" in
${cases(commands, (options) => `words='${options}'`)}
    *) words='' ;;
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  # After these, files.
  case "\${COMP_WORDS[1]}" in import|export) [[ "$word" = -* ]] || COMPREPLY=($(compgen -f -- "$word")) ;; esac
}
complete -F _fleet fleet
`;
}

function zsh(commands: Readonly<Record<string, Command>>): string {
  const names = Object.entries(commands).map(([name, { summary }]) => `'${name}:${summary.replaceAll("'", "'\\''")}'`);
  return `_fleet() {
  if (( CURRENT == 2 )); then
    local -a names=(${names.join(' ')})
    _describe command names
    return
  fi
  case "$words[2]" in
${cases(commands, (options) => `compadd -- ${options}; _files`)}
  esac
}
compdef _fleet fleet
`;
}
