function __confab_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __confab_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __confab_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __confab_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __confab_parse_tokens -S
    set -l unparsed_tokens (__confab_tokens -pc)
    switch $unparsed_tokens[1]
    case 'confab'
        __confab_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'join'
            __confab_parse_subcommand 1 'token=' 'token-file=' 'server=' 'name=' 'camera=' 'mic=' 'speaker=' 'pcm-rate=' 'pcm-channels=' 'audio-only' 'muted' 'headless' 'plain' 'view=' 'events=' 'record=' 'record-each=' 'record-size=' 'duration=' 'exit-when-alone=' 'wait-for=' 'talk=' 'exec=+' 'ctl=' 'chat=' 'mode=' 'size=' 'fps=' 'bitrate=' 'render=' 'color=' 'cell-aspect=' 'tty-rate=' 'ice-server=+' 'ice-policy=' 'cacert=' 'voice-processing=' 'echo-cancellation' 'no-echo-cancellation' 'noise-suppression' 'no-noise-suppression' 'gain-control' 'no-gain-control' 'high-pass' 'no-high-pass' 'config=' 'profile=' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'host'
            __confab_parse_subcommand 1 'listen=' 'lan' 'tls=' 'tls-cert=' 'tls-key=' 'key=' 'secret=' 'keys=' 'open' 'rtc-port=' 'node-ip=' 'allow-origin=+' 'lobby' 'metrics' 'max-participants=' 'name=' 'camera=' 'mic=' 'speaker=' 'pcm-rate=' 'pcm-channels=' 'audio-only' 'muted' 'headless' 'plain' 'view=' 'events=' 'record=' 'record-each=' 'record-size=' 'duration=' 'exit-when-alone=' 'wait-for=' 'talk=' 'exec=+' 'ctl=' 'chat=' 'mode=' 'size=' 'fps=' 'bitrate=' 'render=' 'color=' 'cell-aspect=' 'tty-rate=' 'ice-server=+' 'ice-policy=' 'cacert=' 'voice-processing=' 'echo-cancellation' 'no-echo-cancellation' 'noise-suppression' 'no-noise-suppression' 'gain-control' 'no-gain-control' 'high-pass' 'no-high-pass' 'config=' 'profile=' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'serve'
            __confab_parse_subcommand 0 'listen=' 'lan' 'tls=' 'tls-cert=' 'tls-key=' 'key=' 'secret=' 'keys=' 'open' 'rtc-port=' 'node-ip=' 'allow-origin=+' 'lobby' 'metrics' 'max-participants=' 'dev' 'ice-server=+' 'events=' 'config=' 'profile=' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'demo'
            __confab_parse_subcommand 0 'name=' 'camera=' 'mic=' 'speaker=' 'pcm-rate=' 'pcm-channels=' 'audio-only' 'muted' 'headless' 'plain' 'view=' 'events=' 'record=' 'record-each=' 'record-size=' 'duration=' 'exit-when-alone=' 'wait-for=' 'talk=' 'exec=+' 'ctl=' 'chat=' 'mode=' 'size=' 'fps=' 'bitrate=' 'render=' 'color=' 'cell-aspect=' 'tty-rate=' 'ice-server=+' 'ice-policy=' 'cacert=' 'voice-processing=' 'echo-cancellation' 'no-echo-cancellation' 'noise-suppression' 'no-noise-suppression' 'gain-control' 'no-gain-control' 'high-pass' 'no-high-pass' 'config=' 'profile=' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'render'
            __confab_parse_subcommand 1 'size=' 'render=' 'color=' 'cell-aspect=' 'tty-rate=' 'economy=' 'frames=' 'benchmark' 'version' 'h/help'
        case 'token'
            __confab_parse_subcommand 0 'room=' 'key=' 'secret=' 'identity=' 'name=' 'valid-for=' 'admin' 'version' 'h/help'
        case 'devices'
            __confab_parse_subcommand 0 'test' 'json' 'names=' 'camera=' 'mic=' 'speaker=' 'duration=' 'version' 'h/help'
        case 'broadcast'
            __confab_parse_subcommand 1 'camera=' 'mic=' 'size=' 'fps=' 'bitrate=' 'token=' 'token-file=' 'headless' 'events=' 'duration=' 'ice-server=+' 'ice-policy=' 'cacert=' 'render=' 'color=' 'cell-aspect=' 'tty-rate=' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'watch'
            __confab_parse_subcommand 1 'speaker=' 'audio-only' 'token=' 'token-file=' 'headless' 'events=' 'duration=' 'ice-server=+' 'ice-policy=' 'cacert=' 'render=' 'color=' 'cell-aspect=' 'tty-rate=' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'play'
            __confab_parse_subcommand 1 'speaker=' 'start=' 'speed=' 'headless' 'events=' 'render=' 'color=' 'cell-aspect=' 'tty-rate=' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'ctl'
            __confab_parse_subcommand -r 2 'list' 'call=' 'ctl=' 'json' 'wait' 'version' 'h/help'
        case 'config'
            __confab_parse_subcommand 1 'path' 'json' 'config=' 'profile=' 'version' 'h/help'
        case 'doctor'
            __confab_parse_subcommand 1 'server=' 'ice-server=+' 'cacert=' 'json' 'config=' 'profile=' 'version' 'h/help'
        case 'bench'
            __confab_parse_subcommand 1 'rooms=' 'publishers=' 'subscribers=' 'duration=' 'join-rate=' 'bitrate=' 'fps=' 'room=' 'token=' 'cacert=' 'json' 'v/verbose' 'q/quiet' 'log-level=' 'log-format=' 'version' 'h/help'
        case 'help'
            __confab_parse_subcommand -r 1 'version'
        end
    end
end

function __confab_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __confab_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __confab_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __confab_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__confab_tokens -p)
    if test -z "$(__confab_tokens -t)"
        set -l index (count (__confab_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'confab' -f
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'join' -d 'Join a call.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'host' -d 'Start a call on this machine and join it.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'serve' -d 'Run the server.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'demo' -d 'A complete call on this machine, with two synthetic people.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'render' -d 'Draw a video or a picture in the terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'token' -d 'Print an access token or an invitation.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'devices' -d 'List cameras, microphones and speakers.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'broadcast' -d 'Publish camera and microphone to a live-streaming endpoint (WHIP).'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'watch' -d 'Play a live stream (WHEP) in the terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'play' -d 'Play a recording, or any film, in the terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'ctl' -d 'Control a running call.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'config' -d 'Show where each setting comes from.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'doctor' -d 'Check terminal, devices, network and server, and say what to do.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'bench' -d 'Load a server with publishers and subscribers, and tell what came through.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab join" -eq 1' -fka '(confab ctl --list 2>/dev/null | cut -f2)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" token' -l 'token' -d 'An access token.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" token-file' -l 'token-file' -d 'A file that holds an access token.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" server' -l 'server' -d 'The server of a link that is a room\'s name alone.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" name' -l 'name' -d 'Your name, as others see it.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" camera' -l 'camera' -d 'auto, none, test, a device such as /dev/video0, or a file (Y4M, IVF, WebM).' -rfka '(confab devices --names camera 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" mic' -l 'mic' -d 'auto, none, tone, beep, speech, silence, an ALSA PCM, a file (WAV, raw PCM), or - for standard input.' -rfka '(confab devices --names mic 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" speaker' -l 'speaker' -d 'auto, none, an ALSA PCM, a file (WAV, raw PCM), or - for standard output.' -rfka '(confab devices --names speaker 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" pcm-rate' -l 'pcm-rate' -d 'Sample rate of PCM on standard input and output.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" pcm-channels' -l 'pcm-channels' -d 'Channels of PCM on standard input and output.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" audio-only' -l 'audio-only' -d 'No camera, and no picture from others.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" muted' -l 'muted' -d 'Join with the microphone muted.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" headless' -l 'headless' -d 'No screen: events instead. The default where standard input or output is no terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" plain' -l 'plain' -d 'Line by line, without drawing: sentences instead of a screen, for screen readers.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" view' -l 'view' -d 'The picture size a headless client asks of every other; 0x0 asks for none.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" events' -l 'events' -d 'JSON events: json, json:FD, json:FILE or none [json when headless].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" record' -l 'record' -d 'Record everybody into this WebM file; - or a FIFO gets one mixed picture and sound, live.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" record-each' -l 'record-each' -d 'Record each other participant into a file of their own here.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" record-size' -l 'record-size' -d 'The picture size to record, shown or not.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" duration' -l 'duration' -d 'Leave after this time: 90s, 5m, 1h.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" exit-when-alone' -l 'exit-when-alone' -d 'Leave when everybody else has left (for this many seconds).' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" wait-for' -l 'wait-for' -d 'Files start playing when so many others are there.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" talk' -l 'talk' -d 'When the microphone is open: always, while a key is held, or while you speak.' -rfka 'open push voice'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join"' -l 'exec' -d 'Run a shell command for each event of that name; any means all of them. It gets the event as JSON on standard input. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" ctl' -l 'ctl' -d 'Where to make the control socket.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" chat' -l 'chat' -d 'Say this in the chat on joining.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" mode' -l 'mode' -d 'How the media of a new room go: mesh (each to each), server, or auto (a server from the fifth on).' -rfka 'auto mesh server'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" size' -l 'size' -d 'The largest picture to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" fps' -l 'fps' -d 'The most pictures a second to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" bitrate' -l 'bitrate' -d 'The most bits a second of video to send to each other participant: 800k, 1M.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" render' -l 'render' -d 'What pictures are drawn with.' -rfka 'auto half quadrant sextant octant best braille ascii space sixel kitty iterm'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" color' -l 'color' -d 'Colours of the terminal.' -rfka 'auto truecolor 256 16 none'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" cell-aspect' -l 'cell-aspect' -d 'Width of a character cell divided by its height [asked from the terminal].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" tty-rate' -l 'tty-rate' -d 'The most bits a second to write to the terminal, or auto: 240k, 8M [measured].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join"' -l 'ice-server' -d 'A stun:, turn: or turns: URL, with user:password@ where needed. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" ice-policy' -l 'ice-policy' -d 'Which addresses to use: all of them, or those of a TURN relay only.' -rfka 'all relay'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" cacert' -l 'cacert' -d 'Trust the certificates in this PEM file too.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" voice-processing' -l 'voice-processing' -d 'Clean the microphone\'s sound: auto (devices only), always or never.' -rfka 'auto always never'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" echo-cancellation' -l 'echo-cancellation' -d 'Take the speaker\'s sound out of the microphone\'s; headphones need none of it.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" no-echo-cancellation' -l 'no-echo-cancellation' -d 'Take the speaker\'s sound out of the microphone\'s; headphones need none of it.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" noise-suppression' -l 'noise-suppression' -d 'Take steady noise out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" no-noise-suppression' -l 'no-noise-suppression' -d 'Take steady noise out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" gain-control' -l 'gain-control' -d 'Bring the voice to a usual loudness.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" no-gain-control' -l 'no-gain-control' -d 'Bring the voice to a usual loudness.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" high-pass' -l 'high-pass' -d 'Take rumble below the voice out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" no-high-pass' -l 'no-high-pass' -d 'Take rumble below the voice out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" config' -l 'config' -d 'Read this configuration file.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" profile' -l 'profile' -d 'Use this profile of the configuration file.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab join" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" listen' -l 'listen' -d 'Where to listen. Port 0 asks for any free one.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" lan' -l 'lan' -d 'Listen on all interfaces, with --tls auto and a key made for this run.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" tls' -l 'tls' -d 'auto: a self-signed certificate, whose fingerprint the printed links carry.' -rfka 'auto'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" tls-cert' -l 'tls-cert' -d 'A PEM file with the certificate and those above it.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" tls-key' -l 'tls-key' -d 'The PEM file with the certificate\'s private key.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" key' -l 'key' -d 'Name of the key that signs access tokens.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" secret' -l 'secret' -d 'Secret of the key.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" keys' -l 'keys' -d 'A file of keys, NAME: SECRET lines.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" open' -l 'open' -d 'Anyone who reaches the server may join.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" rtc-port' -l 'rtc-port' -d 'The port of media, UDP and TCP; 0 takes any free one. Default: 7882.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" node-ip' -l 'node-ip' -d 'The address that others reach, where no interface of this machine has it.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host"' -l 'allow-origin' -d 'A web site that may use this server, such as https://app.example. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" lobby' -l 'lobby' -d 'People wait at the door until somebody who may lets them in (admit). Rooms stay meshes of four.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" metrics' -l 'metrics' -d 'Tell numbers in Prometheus\' text format at /metrics.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" max-participants' -l 'max-participants' -d 'The most people in a room.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" name' -l 'name' -d 'Your name, as others see it.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" camera' -l 'camera' -d 'auto, none, test, a device such as /dev/video0, or a file (Y4M, IVF, WebM).' -rfka '(confab devices --names camera 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" mic' -l 'mic' -d 'auto, none, tone, beep, speech, silence, an ALSA PCM, a file (WAV, raw PCM), or - for standard input.' -rfka '(confab devices --names mic 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" speaker' -l 'speaker' -d 'auto, none, an ALSA PCM, a file (WAV, raw PCM), or - for standard output.' -rfka '(confab devices --names speaker 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" pcm-rate' -l 'pcm-rate' -d 'Sample rate of PCM on standard input and output.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" pcm-channels' -l 'pcm-channels' -d 'Channels of PCM on standard input and output.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" audio-only' -l 'audio-only' -d 'No camera, and no picture from others.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" muted' -l 'muted' -d 'Join with the microphone muted.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" headless' -l 'headless' -d 'No screen: events instead. The default where standard input or output is no terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" plain' -l 'plain' -d 'Line by line, without drawing: sentences instead of a screen, for screen readers.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" view' -l 'view' -d 'The picture size a headless client asks of every other; 0x0 asks for none.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" events' -l 'events' -d 'JSON events: json, json:FD, json:FILE or none [json when headless].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" record' -l 'record' -d 'Record everybody into this WebM file; - or a FIFO gets one mixed picture and sound, live.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" record-each' -l 'record-each' -d 'Record each other participant into a file of their own here.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" record-size' -l 'record-size' -d 'The picture size to record, shown or not.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" duration' -l 'duration' -d 'Leave after this time: 90s, 5m, 1h.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" exit-when-alone' -l 'exit-when-alone' -d 'Leave when everybody else has left (for this many seconds).' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" wait-for' -l 'wait-for' -d 'Files start playing when so many others are there.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" talk' -l 'talk' -d 'When the microphone is open: always, while a key is held, or while you speak.' -rfka 'open push voice'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host"' -l 'exec' -d 'Run a shell command for each event of that name; any means all of them. It gets the event as JSON on standard input. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" ctl' -l 'ctl' -d 'Where to make the control socket.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" chat' -l 'chat' -d 'Say this in the chat on joining.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" mode' -l 'mode' -d 'How the media of a new room go: mesh (each to each), server, or auto (a server from the fifth on).' -rfka 'auto mesh server'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" size' -l 'size' -d 'The largest picture to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" fps' -l 'fps' -d 'The most pictures a second to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" bitrate' -l 'bitrate' -d 'The most bits a second of video to send to each other participant: 800k, 1M.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" render' -l 'render' -d 'What pictures are drawn with.' -rfka 'auto half quadrant sextant octant best braille ascii space sixel kitty iterm'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" color' -l 'color' -d 'Colours of the terminal.' -rfka 'auto truecolor 256 16 none'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" cell-aspect' -l 'cell-aspect' -d 'Width of a character cell divided by its height [asked from the terminal].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" tty-rate' -l 'tty-rate' -d 'The most bits a second to write to the terminal, or auto: 240k, 8M [measured].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host"' -l 'ice-server' -d 'A stun:, turn: or turns: URL, with user:password@ where needed. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" ice-policy' -l 'ice-policy' -d 'Which addresses to use: all of them, or those of a TURN relay only.' -rfka 'all relay'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" cacert' -l 'cacert' -d 'Trust the certificates in this PEM file too.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" voice-processing' -l 'voice-processing' -d 'Clean the microphone\'s sound: auto (devices only), always or never.' -rfka 'auto always never'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" echo-cancellation' -l 'echo-cancellation' -d 'Take the speaker\'s sound out of the microphone\'s; headphones need none of it.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" no-echo-cancellation' -l 'no-echo-cancellation' -d 'Take the speaker\'s sound out of the microphone\'s; headphones need none of it.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" noise-suppression' -l 'noise-suppression' -d 'Take steady noise out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" no-noise-suppression' -l 'no-noise-suppression' -d 'Take steady noise out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" gain-control' -l 'gain-control' -d 'Bring the voice to a usual loudness.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" no-gain-control' -l 'no-gain-control' -d 'Bring the voice to a usual loudness.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" high-pass' -l 'high-pass' -d 'Take rumble below the voice out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" no-high-pass' -l 'no-high-pass' -d 'Take rumble below the voice out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" config' -l 'config' -d 'Read this configuration file.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" profile' -l 'profile' -d 'Use this profile of the configuration file.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab host" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" listen' -l 'listen' -d 'Where to listen. Port 0 asks for any free one.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" lan' -l 'lan' -d 'Listen on all interfaces, with --tls auto and a key made for this run.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" tls' -l 'tls' -d 'auto: a self-signed certificate, whose fingerprint the printed links carry.' -rfka 'auto'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" tls-cert' -l 'tls-cert' -d 'A PEM file with the certificate and those above it.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" tls-key' -l 'tls-key' -d 'The PEM file with the certificate\'s private key.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" key' -l 'key' -d 'Name of the key that signs access tokens.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" secret' -l 'secret' -d 'Secret of the key.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" keys' -l 'keys' -d 'A file of keys, NAME: SECRET lines.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" open' -l 'open' -d 'Anyone who reaches the server may join.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" rtc-port' -l 'rtc-port' -d 'The port of media, UDP and TCP; 0 takes any free one. Default: 7882.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" node-ip' -l 'node-ip' -d 'The address that others reach, where no interface of this machine has it.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve"' -l 'allow-origin' -d 'A web site that may use this server, such as https://app.example. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" lobby' -l 'lobby' -d 'People wait at the door until somebody who may lets them in (admit). Rooms stay meshes of four.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" metrics' -l 'metrics' -d 'Tell numbers in Prometheus\' text format at /metrics.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" max-participants' -l 'max-participants' -d 'The most people in a room.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" dev' -l 'dev' -d 'Loopback, key devkey, secret secret.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve"' -l 'ice-server' -d 'A STUN or TURN server for the clients. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" events' -l 'events' -d 'JSON events: json, json:FD, json:FILE or none.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" config' -l 'config' -d 'Read this configuration file.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" profile' -l 'profile' -d 'Use this profile of the configuration file.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab serve" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" name' -l 'name' -d 'Your name, as others see it.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" camera' -l 'camera' -d 'auto, none, test, a device such as /dev/video0, or a file (Y4M, IVF, WebM).' -rfka '(confab devices --names camera 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" mic' -l 'mic' -d 'auto, none, tone, beep, speech, silence, an ALSA PCM, a file (WAV, raw PCM), or - for standard input.' -rfka '(confab devices --names mic 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" speaker' -l 'speaker' -d 'auto, none, an ALSA PCM, a file (WAV, raw PCM), or - for standard output.' -rfka '(confab devices --names speaker 2>/dev/null; ls -d -- * 2>/dev/null)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" pcm-rate' -l 'pcm-rate' -d 'Sample rate of PCM on standard input and output.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" pcm-channels' -l 'pcm-channels' -d 'Channels of PCM on standard input and output.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" audio-only' -l 'audio-only' -d 'No camera, and no picture from others.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" muted' -l 'muted' -d 'Join with the microphone muted.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" headless' -l 'headless' -d 'No screen: events instead. The default where standard input or output is no terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" plain' -l 'plain' -d 'Line by line, without drawing: sentences instead of a screen, for screen readers.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" view' -l 'view' -d 'The picture size a headless client asks of every other; 0x0 asks for none.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" events' -l 'events' -d 'JSON events: json, json:FD, json:FILE or none [json when headless].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" record' -l 'record' -d 'Record everybody into this WebM file; - or a FIFO gets one mixed picture and sound, live.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" record-each' -l 'record-each' -d 'Record each other participant into a file of their own here.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" record-size' -l 'record-size' -d 'The picture size to record, shown or not.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" duration' -l 'duration' -d 'Leave after this time: 90s, 5m, 1h.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" exit-when-alone' -l 'exit-when-alone' -d 'Leave when everybody else has left (for this many seconds).' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" wait-for' -l 'wait-for' -d 'Files start playing when so many others are there.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" talk' -l 'talk' -d 'When the microphone is open: always, while a key is held, or while you speak.' -rfka 'open push voice'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo"' -l 'exec' -d 'Run a shell command for each event of that name; any means all of them. It gets the event as JSON on standard input. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" ctl' -l 'ctl' -d 'Where to make the control socket.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" chat' -l 'chat' -d 'Say this in the chat on joining.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" mode' -l 'mode' -d 'How the media of a new room go: mesh (each to each), server, or auto (a server from the fifth on).' -rfka 'auto mesh server'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" size' -l 'size' -d 'The largest picture to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" fps' -l 'fps' -d 'The most pictures a second to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" bitrate' -l 'bitrate' -d 'The most bits a second of video to send to each other participant: 800k, 1M.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" render' -l 'render' -d 'What pictures are drawn with.' -rfka 'auto half quadrant sextant octant best braille ascii space sixel kitty iterm'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" color' -l 'color' -d 'Colours of the terminal.' -rfka 'auto truecolor 256 16 none'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" cell-aspect' -l 'cell-aspect' -d 'Width of a character cell divided by its height [asked from the terminal].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" tty-rate' -l 'tty-rate' -d 'The most bits a second to write to the terminal, or auto: 240k, 8M [measured].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo"' -l 'ice-server' -d 'A stun:, turn: or turns: URL, with user:password@ where needed. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" ice-policy' -l 'ice-policy' -d 'Which addresses to use: all of them, or those of a TURN relay only.' -rfka 'all relay'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" cacert' -l 'cacert' -d 'Trust the certificates in this PEM file too.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" voice-processing' -l 'voice-processing' -d 'Clean the microphone\'s sound: auto (devices only), always or never.' -rfka 'auto always never'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" echo-cancellation' -l 'echo-cancellation' -d 'Take the speaker\'s sound out of the microphone\'s; headphones need none of it.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" no-echo-cancellation' -l 'no-echo-cancellation' -d 'Take the speaker\'s sound out of the microphone\'s; headphones need none of it.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" noise-suppression' -l 'noise-suppression' -d 'Take steady noise out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" no-noise-suppression' -l 'no-noise-suppression' -d 'Take steady noise out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" gain-control' -l 'gain-control' -d 'Bring the voice to a usual loudness.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" no-gain-control' -l 'no-gain-control' -d 'Bring the voice to a usual loudness.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" high-pass' -l 'high-pass' -d 'Take rumble below the voice out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" no-high-pass' -l 'no-high-pass' -d 'Take rumble below the voice out.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" config' -l 'config' -d 'Read this configuration file.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" profile' -l 'profile' -d 'Use this profile of the configuration file.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab demo" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" size' -l 'size' -d 'Columns and rows to draw [those of the terminal, else 80x24].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" render' -l 'render' -d 'What pictures are drawn with.' -rfka 'auto half quadrant sextant octant best braille ascii space sixel kitty iterm'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" color' -l 'color' -d 'Colours of the terminal.' -rfka 'auto truecolor 256 16 none'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" cell-aspect' -l 'cell-aspect' -d 'Width of a character cell divided by its height [asked from the terminal].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" tty-rate' -l 'tty-rate' -d 'The most bits a second to write to the terminal, or auto: 240k, 8M [measured].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" economy' -l 'economy' -d 'How much error (mean squared) a byte is worth: more makes it coarser, 0 spares nothing.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" frames' -l 'frames' -d 'Stop after so many frames.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" benchmark' -l 'benchmark' -d 'As fast as possible, each frame between the marks of synchronised output; times on standard error.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab render" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" room' -l 'room' -d 'The room it opens.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" key' -l 'key' -d 'Name of the server\'s key.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" secret' -l 'secret' -d 'Secret of the key.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" identity' -l 'identity' -d 'Whom it is for; an invitation for anybody if not given.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" name' -l 'name' -d 'The name that others see.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" valid-for' -l 'valid-for' -d 'How long it is valid: 10m, 6h.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" admin' -l 'admin' -d 'May administrate the room.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab token" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" test' -l 'test' -d 'Try them: show the camera\'s picture and the microphone\'s level, and play a tone.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" json' -l 'json' -d 'Print as JSON.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" names' -l 'names' -d 'Print the names of one kind only, a line each.' -rfka 'camera mic speaker'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" camera' -l 'camera' -d 'The camera to try, as for join.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" mic' -l 'mic' -d 'The microphone to try, as for join.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" speaker' -l 'speaker' -d 'The speaker to try, as for join.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" duration' -l 'duration' -d 'How long to try them.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab devices" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" camera' -l 'camera' -d 'auto, none, test, a device such as /dev/video0, or a file (Y4M, IVF, WebM).' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" mic' -l 'mic' -d 'auto, none, tone, beep, speech, silence, an ALSA PCM, a file (WAV, raw PCM), or - for standard input.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" size' -l 'size' -d 'The largest picture to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" fps' -l 'fps' -d 'The most pictures a second to send.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" bitrate' -l 'bitrate' -d 'The most bits a second of video to send: 800k, 2M.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" token' -l 'token' -d 'The bearer token of the endpoint.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" token-file' -l 'token-file' -d 'A file that holds the bearer token.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" headless' -l 'headless' -d 'No screen: events instead. The default where standard input or output is no terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" events' -l 'events' -d 'JSON events: json, json:FD, json:FILE or none [json when headless].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" duration' -l 'duration' -d 'End after this time: 90s, 5m, 1h.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast"' -l 'ice-server' -d 'A stun:, turn: or turns: URL, with user:password@ where needed. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" ice-policy' -l 'ice-policy' -d 'Which addresses to use: all of them, or those of a TURN relay only.' -rfka 'all relay'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" cacert' -l 'cacert' -d 'Trust the certificates in this PEM file too.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" render' -l 'render' -d 'What pictures are drawn with.' -rfka 'auto half quadrant sextant octant best braille ascii space sixel kitty iterm'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" color' -l 'color' -d 'Colours of the terminal.' -rfka 'auto truecolor 256 16 none'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" cell-aspect' -l 'cell-aspect' -d 'Width of a character cell divided by its height [asked from the terminal].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" tty-rate' -l 'tty-rate' -d 'The most bits a second to write to the terminal, or auto: 240k, 8M [measured].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab broadcast" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" speaker' -l 'speaker' -d 'auto, none, an ALSA PCM, a file (WAV, raw PCM), or - for standard output.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" audio-only' -l 'audio-only' -d 'No picture.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" token' -l 'token' -d 'The bearer token of the endpoint.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" token-file' -l 'token-file' -d 'A file that holds the bearer token.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" headless' -l 'headless' -d 'No screen: events instead. The default where standard input or output is no terminal.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" events' -l 'events' -d 'JSON events: json, json:FD, json:FILE or none [json when headless].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" duration' -l 'duration' -d 'End after this time: 90s, 5m, 1h.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch"' -l 'ice-server' -d 'A stun:, turn: or turns: URL, with user:password@ where needed. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" ice-policy' -l 'ice-policy' -d 'Which addresses to use: all of them, or those of a TURN relay only.' -rfka 'all relay'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" cacert' -l 'cacert' -d 'Trust the certificates in this PEM file too.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" render' -l 'render' -d 'What pictures are drawn with.' -rfka 'auto half quadrant sextant octant best braille ascii space sixel kitty iterm'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" color' -l 'color' -d 'Colours of the terminal.' -rfka 'auto truecolor 256 16 none'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" cell-aspect' -l 'cell-aspect' -d 'Width of a character cell divided by its height [asked from the terminal].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" tty-rate' -l 'tty-rate' -d 'The most bits a second to write to the terminal, or auto: 240k, 8M [measured].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab watch" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" speaker' -l 'speaker' -d 'auto, none, an ALSA PCM, or a file (WAV, raw PCM).' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" start' -l 'start' -d 'Begin here: 90s, 5m.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" speed' -l 'speed' -d 'Speed, 0.25 to 4.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" headless' -l 'headless' -d 'No screen: play to the end, with events on standard output.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" events' -l 'events' -d 'JSON events: json, json:FD, json:FILE or none [json when headless].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" render' -l 'render' -d 'What pictures are drawn with.' -rfka 'auto half quadrant sextant octant best braille ascii space sixel kitty iterm'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" color' -l 'color' -d 'Colours of the terminal.' -rfka 'auto truecolor 256 16 none'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" cell-aspect' -l 'cell-aspect' -d 'Width of a character cell divided by its height [asked from the terminal].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" tty-rate' -l 'tty-rate' -d 'The most bits a second to write to the terminal, or auto: 240k, 8M [measured].' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab play" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab ctl" list' -l 'list' -d 'List the running calls.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab ctl" call' -l 'call' -d 'The call\'s name, as --list shows it.' -rfka '(confab ctl --list 2>/dev/null | cut -f1)'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab ctl" ctl' -l 'ctl' -d 'The call\'s control socket.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab ctl" json' -l 'json' -d 'Print answers as JSON.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab ctl" wait' -l 'wait' -d 'With play: wait until the file has been played.'
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab ctl" -eq 1' -fka 'mute unmute camera-on camera-off chat play record stop-recording volume focus layout stats participants status snapshot wait leave admit remove mute-other end'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab ctl" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab ctl" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab config" path' -l 'path' -d 'Print the path of the configuration file.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab config" json' -l 'json' -d 'Print as JSON.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab config" config' -l 'config' -d 'Read this configuration file.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab config" profile' -l 'profile' -d 'Use this profile of the configuration file.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_positional "confab config" -eq 1' -fka 'join host serve demo'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab config" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab config" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor" server' -l 'server' -d 'The server that is asked where no link is given.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor"' -l 'ice-server' -d 'A STUN or TURN server that is asked. Repeatable.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor" cacert' -l 'cacert' -d 'Trust the certificates in this PEM file too.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor" json' -l 'json' -d 'Print as JSON.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor" config' -l 'config' -d 'Read this configuration file.' -rF
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor" profile' -l 'profile' -d 'Use this profile of the configuration file.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab doctor" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" rooms' -l 'rooms' -d 'Rooms to fill.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" publishers' -l 'publishers' -d 'Publishers in each room.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" subscribers' -l 'subscribers' -d 'Subscribers in each room.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" duration' -l 'duration' -d 'How long to measure once everybody has joined.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" join-rate' -l 'join-rate' -d 'How many join in a second.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" bitrate' -l 'bitrate' -d 'Bits a second of each picture.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" fps' -l 'fps' -d 'Frames a second of each picture.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" room' -l 'room' -d 'The beginning of the rooms\' names.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" token' -l 'token' -d 'An access token for the room, where the server asks for one.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" cacert' -l 'cacert' -d 'A file of certificate authorities to trust.' -rfka ''
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" json' -l 'json' -d 'Print one JSON object instead of text.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench"' -l 'verbose' -s 'v' -d 'Log more; twice for everything.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" q quiet' -l 'quiet' -s 'q' -d 'Log errors only.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" log-level' -l 'log-level' -d 'What to log on standard error.' -rfka 'trace debug info notice warning error critical'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" log-format' -l 'log-format' -d 'How to log.' -rfka 'text json'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" version' -l 'version' -d 'Show the version.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab bench" h help' -s 'h' -l 'help' -d 'Show help information.'
complete -c 'confab' -n '__confab_should_offer_completions_for_flags_or_options "confab help" version' -l 'version' -d 'Show the version.'
