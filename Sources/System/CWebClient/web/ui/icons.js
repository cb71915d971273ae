/** Line icons on a 24-unit square, drawn here so that the page needs no other file. */

const space = 'http://www.w3.org/2000/svg';

const paths = {
  microphone: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3zM6 11a6 6 0 0 0 12 0M12 17v4',
  microphoneOff: 'M9 9v2a3 3 0 0 0 4.6 2.5M15 11V6a3 3 0 0 0-5.8-1M6 11a6 6 0 0 0 9.5 4.9M18 11c0 .8-.1 1.5-.4 2.2M12 17v4M4 4l16 16',
  camera: 'M4 7h9a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM14 11l6-3v8l-6-3',
  cameraOff: 'M9 7h4a1 1 0 0 1 1 1v4M14 15.5V16a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1M17 12.5l3 1.5V8l-4 2M4 4l16 16',
  screen: 'M4 5h16v11H4zM9 20h6M12 16v4M9.5 10.5L12 8l2.5 2.5M12 8v5',
  chat: 'M5 5h14v11h-8l-4 3.5V16H5z',
  people: 'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3.5 19c0-3 2.4-5 5.5-5s5.5 2 5.5 5M15 5.4a3 3 0 0 1 0 5.2M16.5 14.2c2.4.4 4 2.2 4 4.8',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  help: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM9.7 9.5a2.4 2.4 0 1 1 3.4 2.2c-.8.4-1.1.8-1.1 1.8M12 16.6v.1',
  leave: 'M3.5 14.5v-2C6 10 9 9 12 9s6 1 8.5 3.5v2l-4.2.8-.8-2.6c-2.2-.8-4.8-.8-7 0l-.8 2.6z',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M4 12l16-8-5 16-3.5-6.5z',
};

export function icon(name) {
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', paths[name]);
  svg.append(path);
  return svg;
}
