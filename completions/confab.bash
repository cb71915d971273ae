#!/bin/bash

__confab_cursor_index_in_current_word() {
    local remaining="${COMP_LINE}"

    local word
    for word in "${COMP_WORDS[@]::COMP_CWORD}"; do
        remaining="${remaining##*([[:space:]])"${word}"*([[:space:]])}"
    done

    local -ir index="$((COMP_POINT - ${#COMP_LINE} + ${#remaining}))"
    if [[ "${index}" -le 0 ]]; then
        printf 0
    else
        printf %s "${index}"
    fi
}

# positional arguments:
#
# - 1: the current (sub)command's count of positional arguments
#
# required variables:
#
# - repeating_flags: the repeating flags that the current (sub)command can accept
# - non_repeating_flags: the non-repeating flags that the current (sub)command can accept
# - repeating_options: the repeating options that the current (sub)command can accept
# - non_repeating_options: the non-repeating options that the current (sub)command can accept
# - positional_number: value ignored
# - unparsed_words: unparsed words from the current command line
#
# modified variables:
#
# - non_repeating_flags: remove flags for this (sub)command that are already on the command line
# - non_repeating_options: remove options for this (sub)command that are already on the command line
# - positional_number: set to the current positional number
# - unparsed_words: remove all flags, options, and option values for this (sub)command
__confab_offer_flags_options() {
    local -ir positional_count="${1}"
    positional_number=0

    local was_flag_option_terminator_seen=false
    local is_parsing_option_value=false

    local -ar unparsed_word_indices=("${!unparsed_words[@]}")
    local -i word_index
    for word_index in "${unparsed_word_indices[@]}"; do
        if "${is_parsing_option_value}"; then
            # This word is an option value:
            # Reset marker for next word iff not currently the last word
            [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]] && is_parsing_option_value=false
            unset "unparsed_words[${word_index}]"
            # Do not process this word as a flag or an option
            continue
        fi

        local word="${unparsed_words["${word_index}"]}"
        if ! "${was_flag_option_terminator_seen}"; then
            case "${word}" in
            --)
                unset "unparsed_words[${word_index}]"
                # by itself -- is a flag/option terminator, but if it is the last word, it is the start of a completion
                if [[ "${word_index}" -ne "${unparsed_word_indices[${#unparsed_word_indices[@]} - 1]}" ]]; then
                    was_flag_option_terminator_seen=true
                fi
                continue
                ;;
            -*)
                # ${word} is a flag or an option
                # If ${word} is an option, mark that the next word to be parsed is an option value
                local option
                for option in "${repeating_options[@]}" "${non_repeating_options[@]}"; do
                    [[ "${word}" = "${option}" ]] && is_parsing_option_value=true && break
                done

                # Remove ${word} from ${non_repeating_flags} or ${non_repeating_options} so it isn't offered again
                local not_found=true
                local -i index
                for index in "${!non_repeating_flags[@]}"; do
                    if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                        unset "non_repeating_flags[${index}]"
                        non_repeating_flags=("${non_repeating_flags[@]}")
                        not_found=false
                        break
                    fi
                done
                if "${not_found}"; then
                    for index in "${!non_repeating_flags[@]}"; do
                        if [[ "${non_repeating_flags[${index}]}" = "${word}" ]]; then
                            unset "non_repeating_flags[${index}]"
                            non_repeating_flags=("${non_repeating_flags[@]}")
                            break
                        fi
                    done
                fi
                unset "unparsed_words[${word_index}]"
                continue
                ;;
            esac
        fi

        # ${word} is neither a flag, nor an option, nor an option value
        if [[ "${positional_number}" -lt "${positional_count}" || "${positional_count}" -lt 0 ]]; then
            # ${word} is a positional
            ((positional_number++))
            unset "unparsed_words[${word_index}]"
        else
            if [[ -z "${word}" ]]; then
                # Could be completing a flag, option, or subcommand
                positional_number=-1
            else
                # ${word} is a subcommand or invalid, so stop processing this (sub)command
                positional_number=-2
            fi
            break
        fi
    done

    unparsed_words=("${unparsed_words[@]}")

    if\
        ! "${was_flag_option_terminator_seen}"\
        && ! "${is_parsing_option_value}"\
        && [[ ("${cur}" = -* && "${positional_number}" -ge 0) || "${positional_number}" -eq -1 ]]
    then
        COMPREPLY+=($(compgen -W "${repeating_flags[*]} ${non_repeating_flags[*]} ${repeating_options[*]} ${non_repeating_options[*]}" -- "${cur}"))
    fi
}

__confab_add_completions() {
    local completion
    while IFS='' read -r completion; do
        COMPREPLY+=("${completion}")
    done < <(IFS=$'\n' compgen "${@}" -- "${cur}")
}

__confab_custom_complete() {
    if [[ -n "${cur}" || -z ${COMP_WORDS[${COMP_CWORD}]} || "${COMP_LINE:${COMP_POINT}:1}" != ' ' ]]; then
        local -ar words=("${COMP_WORDS[@]}")
    else
        local -ar words=("${COMP_WORDS[@]::${COMP_CWORD}}" '' "${COMP_WORDS[@]:${COMP_CWORD}}")
    fi

    "${COMP_WORDS[0]}" "${@}" "${words[@]}"
}

_confab() {
    local state
    state="$(shopt -p;shopt -po)"
    trap "${state//$'\n'/;}" RETURN
    shopt -s extglob
    set +o history +o posix

    local -xr SAP_SHELL=bash
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(IFS='.';printf %s "${BASH_VERSINFO[*]}")"
    local -r SAP_SHELL_VERSION

    local -r cur="${2}"
    local -r prev="${3}"

    local -i positional_number
    local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

    local -a repeating_flags=()
    local -a non_repeating_flags=(--version -h --help)
    local -a repeating_options=()
    local -a non_repeating_options=()
    __confab_offer_flags_options 0

    # Offer subcommand / subcommand argument completions
    local -r subcommand="${unparsed_words[0]}"
    unset 'unparsed_words[0]'
    unparsed_words=("${unparsed_words[@]}")
    case "${subcommand}" in
    join|host|serve|demo|render|token|devices|broadcast|watch|play|ctl|config|doctor|bench|help)
        # Offer subcommand argument completions
        "_confab_${subcommand}"
        ;;
    *)
        # Offer subcommand completions
        COMPREPLY+=($(compgen -W 'join host serve demo render token devices broadcast watch play ctl config doctor bench help' -- "${cur}"))
        ;;
    esac
}

_confab_join() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--audio-only --muted --headless --plain --echo-cancellation --no-echo-cancellation --noise-suppression --no-noise-suppression --gain-control --no-gain-control --high-pass --no-high-pass --quiet -q --version -h --help)
    repeating_options=(--exec --ice-server)
    non_repeating_options=(--token --token-file --server --name --camera --mic --speaker --pcm-rate --pcm-channels --view --events --record --record-each --record-size --duration --exit-when-alone --wait-for --talk --ctl --chat --mode --size --fps --bitrate --render --color --cell-aspect --tty-rate --ice-policy --cacert --voice-processing --config --profile --log-level --log-format)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--token')
        return
        ;;
    '--token-file')
        return
        ;;
    '--server')
        return
        ;;
    '--name')
        return
        ;;
    '--camera')
        __confab_add_completions -W "$(eval 'confab devices --names camera 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--mic')
        __confab_add_completions -W "$(eval 'confab devices --names mic 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--speaker')
        __confab_add_completions -W "$(eval 'confab devices --names speaker 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--pcm-rate')
        return
        ;;
    '--pcm-channels')
        return
        ;;
    '--view')
        return
        ;;
    '--events')
        return
        ;;
    '--record')
        return
        ;;
    '--record-each')
        return
        ;;
    '--record-size')
        return
        ;;
    '--duration')
        return
        ;;
    '--exit-when-alone')
        return
        ;;
    '--wait-for')
        return
        ;;
    '--talk')
        __confab_add_completions -W 'open'$'\n''push'$'\n''voice'
        return
        ;;
    '--exec')
        return
        ;;
    '--ctl')
        __confab_add_completions -f
        return
        ;;
    '--chat')
        return
        ;;
    '--mode')
        __confab_add_completions -W 'auto'$'\n''mesh'$'\n''server'
        return
        ;;
    '--size')
        return
        ;;
    '--fps')
        return
        ;;
    '--bitrate')
        return
        ;;
    '--render')
        __confab_add_completions -W 'auto'$'\n''half'$'\n''quadrant'$'\n''sextant'$'\n''octant'$'\n''best'$'\n''braille'$'\n''ascii'$'\n''space'$'\n''sixel'$'\n''kitty'$'\n''iterm'
        return
        ;;
    '--color')
        __confab_add_completions -W 'auto'$'\n''truecolor'$'\n''256'$'\n''16'$'\n''none'
        return
        ;;
    '--cell-aspect')
        return
        ;;
    '--tty-rate')
        return
        ;;
    '--ice-server')
        return
        ;;
    '--ice-policy')
        __confab_add_completions -W 'all'$'\n''relay'
        return
        ;;
    '--cacert')
        __confab_add_completions -f
        return
        ;;
    '--voice-processing')
        __confab_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--config')
        __confab_add_completions -f
        return
        ;;
    '--profile')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __confab_add_completions -W "$(eval 'confab ctl --list 2>/dev/null | cut -f2')"
        return
        ;;
    esac
}

_confab_host() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--lan --open --lobby --metrics --audio-only --muted --headless --plain --echo-cancellation --no-echo-cancellation --noise-suppression --no-noise-suppression --gain-control --no-gain-control --high-pass --no-high-pass --quiet -q --version -h --help)
    repeating_options=(--allow-origin --exec --ice-server)
    non_repeating_options=(--listen --tls --tls-cert --tls-key --key --secret --keys --rtc-port --node-ip --max-participants --name --camera --mic --speaker --pcm-rate --pcm-channels --view --events --record --record-each --record-size --duration --exit-when-alone --wait-for --talk --ctl --chat --mode --size --fps --bitrate --render --color --cell-aspect --tty-rate --ice-policy --cacert --voice-processing --config --profile --log-level --log-format)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--listen')
        return
        ;;
    '--tls')
        __confab_add_completions -W 'auto'
        return
        ;;
    '--tls-cert')
        __confab_add_completions -f
        return
        ;;
    '--tls-key')
        __confab_add_completions -f
        return
        ;;
    '--key')
        return
        ;;
    '--secret')
        return
        ;;
    '--keys')
        __confab_add_completions -f
        return
        ;;
    '--rtc-port')
        return
        ;;
    '--node-ip')
        return
        ;;
    '--allow-origin')
        return
        ;;
    '--max-participants')
        return
        ;;
    '--name')
        return
        ;;
    '--camera')
        __confab_add_completions -W "$(eval 'confab devices --names camera 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--mic')
        __confab_add_completions -W "$(eval 'confab devices --names mic 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--speaker')
        __confab_add_completions -W "$(eval 'confab devices --names speaker 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--pcm-rate')
        return
        ;;
    '--pcm-channels')
        return
        ;;
    '--view')
        return
        ;;
    '--events')
        return
        ;;
    '--record')
        return
        ;;
    '--record-each')
        return
        ;;
    '--record-size')
        return
        ;;
    '--duration')
        return
        ;;
    '--exit-when-alone')
        return
        ;;
    '--wait-for')
        return
        ;;
    '--talk')
        __confab_add_completions -W 'open'$'\n''push'$'\n''voice'
        return
        ;;
    '--exec')
        return
        ;;
    '--ctl')
        __confab_add_completions -f
        return
        ;;
    '--chat')
        return
        ;;
    '--mode')
        __confab_add_completions -W 'auto'$'\n''mesh'$'\n''server'
        return
        ;;
    '--size')
        return
        ;;
    '--fps')
        return
        ;;
    '--bitrate')
        return
        ;;
    '--render')
        __confab_add_completions -W 'auto'$'\n''half'$'\n''quadrant'$'\n''sextant'$'\n''octant'$'\n''best'$'\n''braille'$'\n''ascii'$'\n''space'$'\n''sixel'$'\n''kitty'$'\n''iterm'
        return
        ;;
    '--color')
        __confab_add_completions -W 'auto'$'\n''truecolor'$'\n''256'$'\n''16'$'\n''none'
        return
        ;;
    '--cell-aspect')
        return
        ;;
    '--tty-rate')
        return
        ;;
    '--ice-server')
        return
        ;;
    '--ice-policy')
        __confab_add_completions -W 'all'$'\n''relay'
        return
        ;;
    '--cacert')
        __confab_add_completions -f
        return
        ;;
    '--voice-processing')
        __confab_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--config')
        __confab_add_completions -f
        return
        ;;
    '--profile')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_confab_serve() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--lan --open --lobby --metrics --dev --quiet -q --version -h --help)
    repeating_options=(--allow-origin --ice-server)
    non_repeating_options=(--listen --tls --tls-cert --tls-key --key --secret --keys --rtc-port --node-ip --max-participants --events --config --profile --log-level --log-format)
    __confab_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--listen')
        return
        ;;
    '--tls')
        __confab_add_completions -W 'auto'
        return
        ;;
    '--tls-cert')
        __confab_add_completions -f
        return
        ;;
    '--tls-key')
        __confab_add_completions -f
        return
        ;;
    '--key')
        return
        ;;
    '--secret')
        return
        ;;
    '--keys')
        __confab_add_completions -f
        return
        ;;
    '--rtc-port')
        return
        ;;
    '--node-ip')
        return
        ;;
    '--allow-origin')
        return
        ;;
    '--max-participants')
        return
        ;;
    '--ice-server')
        return
        ;;
    '--events')
        return
        ;;
    '--config')
        __confab_add_completions -f
        return
        ;;
    '--profile')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_confab_demo() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--audio-only --muted --headless --plain --echo-cancellation --no-echo-cancellation --noise-suppression --no-noise-suppression --gain-control --no-gain-control --high-pass --no-high-pass --quiet -q --version -h --help)
    repeating_options=(--exec --ice-server)
    non_repeating_options=(--name --camera --mic --speaker --pcm-rate --pcm-channels --view --events --record --record-each --record-size --duration --exit-when-alone --wait-for --talk --ctl --chat --mode --size --fps --bitrate --render --color --cell-aspect --tty-rate --ice-policy --cacert --voice-processing --config --profile --log-level --log-format)
    __confab_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--name')
        return
        ;;
    '--camera')
        __confab_add_completions -W "$(eval 'confab devices --names camera 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--mic')
        __confab_add_completions -W "$(eval 'confab devices --names mic 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--speaker')
        __confab_add_completions -W "$(eval 'confab devices --names speaker 2>/dev/null; ls -d -- * 2>/dev/null')"
        return
        ;;
    '--pcm-rate')
        return
        ;;
    '--pcm-channels')
        return
        ;;
    '--view')
        return
        ;;
    '--events')
        return
        ;;
    '--record')
        return
        ;;
    '--record-each')
        return
        ;;
    '--record-size')
        return
        ;;
    '--duration')
        return
        ;;
    '--exit-when-alone')
        return
        ;;
    '--wait-for')
        return
        ;;
    '--talk')
        __confab_add_completions -W 'open'$'\n''push'$'\n''voice'
        return
        ;;
    '--exec')
        return
        ;;
    '--ctl')
        __confab_add_completions -f
        return
        ;;
    '--chat')
        return
        ;;
    '--mode')
        __confab_add_completions -W 'auto'$'\n''mesh'$'\n''server'
        return
        ;;
    '--size')
        return
        ;;
    '--fps')
        return
        ;;
    '--bitrate')
        return
        ;;
    '--render')
        __confab_add_completions -W 'auto'$'\n''half'$'\n''quadrant'$'\n''sextant'$'\n''octant'$'\n''best'$'\n''braille'$'\n''ascii'$'\n''space'$'\n''sixel'$'\n''kitty'$'\n''iterm'
        return
        ;;
    '--color')
        __confab_add_completions -W 'auto'$'\n''truecolor'$'\n''256'$'\n''16'$'\n''none'
        return
        ;;
    '--cell-aspect')
        return
        ;;
    '--tty-rate')
        return
        ;;
    '--ice-server')
        return
        ;;
    '--ice-policy')
        __confab_add_completions -W 'all'$'\n''relay'
        return
        ;;
    '--cacert')
        __confab_add_completions -f
        return
        ;;
    '--voice-processing')
        __confab_add_completions -W 'auto'$'\n''always'$'\n''never'
        return
        ;;
    '--config')
        __confab_add_completions -f
        return
        ;;
    '--profile')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_confab_render() {
    repeating_flags=()
    non_repeating_flags=(--benchmark --version -h --help)
    repeating_options=()
    non_repeating_options=(--size --render --color --cell-aspect --tty-rate --economy --frames)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--size')
        return
        ;;
    '--render')
        __confab_add_completions -W 'auto'$'\n''half'$'\n''quadrant'$'\n''sextant'$'\n''octant'$'\n''best'$'\n''braille'$'\n''ascii'$'\n''space'$'\n''sixel'$'\n''kitty'$'\n''iterm'
        return
        ;;
    '--color')
        __confab_add_completions -W 'auto'$'\n''truecolor'$'\n''256'$'\n''16'$'\n''none'
        return
        ;;
    '--cell-aspect')
        return
        ;;
    '--tty-rate')
        return
        ;;
    '--economy')
        return
        ;;
    '--frames')
        return
        ;;
    esac
}

_confab_token() {
    repeating_flags=()
    non_repeating_flags=(--admin --version -h --help)
    repeating_options=()
    non_repeating_options=(--room --key --secret --identity --name --valid-for)
    __confab_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--room')
        return
        ;;
    '--key')
        return
        ;;
    '--secret')
        return
        ;;
    '--identity')
        return
        ;;
    '--name')
        return
        ;;
    '--valid-for')
        return
        ;;
    esac
}

_confab_devices() {
    repeating_flags=()
    non_repeating_flags=(--test --json --version -h --help)
    repeating_options=()
    non_repeating_options=(--names --camera --mic --speaker --duration)
    __confab_offer_flags_options 0

    # Offer option value completions
    case "${prev}" in
    '--names')
        __confab_add_completions -W 'camera'$'\n''mic'$'\n''speaker'
        return
        ;;
    '--camera')
        return
        ;;
    '--mic')
        return
        ;;
    '--speaker')
        return
        ;;
    '--duration')
        return
        ;;
    esac
}

_confab_broadcast() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--headless --quiet -q --version -h --help)
    repeating_options=(--ice-server)
    non_repeating_options=(--camera --mic --size --fps --bitrate --token --token-file --events --duration --ice-policy --cacert --render --color --cell-aspect --tty-rate --log-level --log-format)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--camera')
        return
        ;;
    '--mic')
        return
        ;;
    '--size')
        return
        ;;
    '--fps')
        return
        ;;
    '--bitrate')
        return
        ;;
    '--token')
        return
        ;;
    '--token-file')
        return
        ;;
    '--events')
        return
        ;;
    '--duration')
        return
        ;;
    '--ice-server')
        return
        ;;
    '--ice-policy')
        __confab_add_completions -W 'all'$'\n''relay'
        return
        ;;
    '--cacert')
        return
        ;;
    '--render')
        __confab_add_completions -W 'auto'$'\n''half'$'\n''quadrant'$'\n''sextant'$'\n''octant'$'\n''best'$'\n''braille'$'\n''ascii'$'\n''space'$'\n''sixel'$'\n''kitty'$'\n''iterm'
        return
        ;;
    '--color')
        __confab_add_completions -W 'auto'$'\n''truecolor'$'\n''256'$'\n''16'$'\n''none'
        return
        ;;
    '--cell-aspect')
        return
        ;;
    '--tty-rate')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_confab_watch() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--audio-only --headless --quiet -q --version -h --help)
    repeating_options=(--ice-server)
    non_repeating_options=(--speaker --token --token-file --events --duration --ice-policy --cacert --render --color --cell-aspect --tty-rate --log-level --log-format)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--speaker')
        return
        ;;
    '--token')
        return
        ;;
    '--token-file')
        return
        ;;
    '--events')
        return
        ;;
    '--duration')
        return
        ;;
    '--ice-server')
        return
        ;;
    '--ice-policy')
        __confab_add_completions -W 'all'$'\n''relay'
        return
        ;;
    '--cacert')
        return
        ;;
    '--render')
        __confab_add_completions -W 'auto'$'\n''half'$'\n''quadrant'$'\n''sextant'$'\n''octant'$'\n''best'$'\n''braille'$'\n''ascii'$'\n''space'$'\n''sixel'$'\n''kitty'$'\n''iterm'
        return
        ;;
    '--color')
        __confab_add_completions -W 'auto'$'\n''truecolor'$'\n''256'$'\n''16'$'\n''none'
        return
        ;;
    '--cell-aspect')
        return
        ;;
    '--tty-rate')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_confab_play() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--headless --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--speaker --start --speed --events --render --color --cell-aspect --tty-rate --log-level --log-format)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--speaker')
        return
        ;;
    '--start')
        return
        ;;
    '--speed')
        return
        ;;
    '--events')
        return
        ;;
    '--render')
        __confab_add_completions -W 'auto'$'\n''half'$'\n''quadrant'$'\n''sextant'$'\n''octant'$'\n''best'$'\n''braille'$'\n''ascii'$'\n''space'$'\n''sixel'$'\n''kitty'$'\n''iterm'
        return
        ;;
    '--color')
        __confab_add_completions -W 'auto'$'\n''truecolor'$'\n''256'$'\n''16'$'\n''none'
        return
        ;;
    '--cell-aspect')
        return
        ;;
    '--tty-rate')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_confab_ctl() {
    repeating_flags=()
    non_repeating_flags=(--list --json --wait --version -h --help)
    repeating_options=()
    non_repeating_options=(--call --ctl)
    __confab_offer_flags_options -1

    # Offer option value completions
    case "${prev}" in
    '--call')
        __confab_add_completions -W "$(eval 'confab ctl --list 2>/dev/null | cut -f1')"
        return
        ;;
    '--ctl')
        __confab_add_completions -f
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __confab_add_completions -W 'mute'$'\n''unmute'$'\n''camera-on'$'\n''camera-off'$'\n''chat'$'\n''play'$'\n''record'$'\n''stop-recording'$'\n''volume'$'\n''focus'$'\n''layout'$'\n''stats'$'\n''participants'$'\n''status'$'\n''snapshot'$'\n''wait'$'\n''leave'$'\n''admit'$'\n''remove'$'\n''mute-other'$'\n''end'
        return
        ;;
    esac
}

_confab_config() {
    repeating_flags=()
    non_repeating_flags=(--path --json --version -h --help)
    repeating_options=()
    non_repeating_options=(--config --profile)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--config')
        __confab_add_completions -f
        return
        ;;
    '--profile')
        return
        ;;
    esac

    # Offer positional completions
    case "${positional_number}" in
    1)
        __confab_add_completions -W 'join'$'\n''host'$'\n''serve'$'\n''demo'
        return
        ;;
    esac
}

_confab_doctor() {
    repeating_flags=()
    non_repeating_flags=(--json --version -h --help)
    repeating_options=(--ice-server)
    non_repeating_options=(--server --cacert --config --profile)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--server')
        return
        ;;
    '--ice-server')
        return
        ;;
    '--cacert')
        return
        ;;
    '--config')
        __confab_add_completions -f
        return
        ;;
    '--profile')
        return
        ;;
    esac
}

_confab_bench() {
    repeating_flags=(--verbose -v)
    non_repeating_flags=(--json --quiet -q --version -h --help)
    repeating_options=()
    non_repeating_options=(--rooms --publishers --subscribers --duration --join-rate --bitrate --fps --room --token --cacert --log-level --log-format)
    __confab_offer_flags_options 1

    # Offer option value completions
    case "${prev}" in
    '--rooms')
        return
        ;;
    '--publishers')
        return
        ;;
    '--subscribers')
        return
        ;;
    '--duration')
        return
        ;;
    '--join-rate')
        return
        ;;
    '--bitrate')
        return
        ;;
    '--fps')
        return
        ;;
    '--room')
        return
        ;;
    '--token')
        return
        ;;
    '--cacert')
        return
        ;;
    '--log-level')
        __confab_add_completions -W 'trace'$'\n''debug'$'\n''info'$'\n''notice'$'\n''warning'$'\n''error'$'\n''critical'
        return
        ;;
    '--log-format')
        __confab_add_completions -W 'text'$'\n''json'
        return
        ;;
    esac
}

_confab_help() {
    repeating_flags=()
    non_repeating_flags=(--version)
    repeating_options=()
    non_repeating_options=()
    __confab_offer_flags_options -1
}

complete -o filenames -F _confab confab
