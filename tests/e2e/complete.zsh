# complete.zsh SCRIPT FOLDER WORDS…: what zsh offers there when TAB is pressed behind the words, a line for each, in
# FOLDER/offered. The shell on the pseudo-terminal is one that somebody types into.
zmodload zsh/zpty
script=$1 folder=$2
shift 2
: >$folder/offered
print -r -- "
  autoload -Uz compinit && compinit -u -D
  source ${(q)script}
  cd ${(q)folder}
  # Every match goes through compadd.
  compadd() {
    local -a found
    builtin compadd -O found \"\$@\"
    print -rl -- \$found >>${(q)folder}/offered
    builtin compadd \"\$@\"
  }
  press_tab() { zle complete-word; : >${(q)folder}/done }
  begin() { : >${(q)folder}/ready }
  zle -N press_tab
  zle -N zle-line-init begin
  bindkey '^I' press_tab
" >$folder/.zshrc
zpty shell "ZDOTDIR=${(q)folder} zsh -d -i"
until [[ -e $folder/ready ]]; do sleep 0.02; done
zpty -w -n shell "$*"$'\t'
until [[ -e $folder/done ]]; do sleep 0.02; done
zpty -d shell
