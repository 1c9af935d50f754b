'use strict';
const express = require('express');
const app = express();
app.set('view engine', 'ejs');
app.use('/static', express.static('static'));
app.get('/', (_, answer) => answer.send('index'));
app.get('/json', (request, answer) => answer.json({ query: request.query }));
app.get('/template', (_, answer) => answer.render('page', { items: [1, 2] }));
app.get('/password', async (_, answer) => {
  const bcrypt = require('bcrypt');
  answer.send(String(await bcrypt.compare('x', await bcrypt.hash('x', 4))));
});
app.get('/picture', async (_, answer) => {
  const sharp = require('sharp');
  const { data, info } = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } }).resize(2).png().toBuffer({ resolveWithObject: true });
  answer.json({ format: info.format, width: info.width, length: data.length > 0 });
});
app.get('/lodash', (_, answer) => answer.json(require('lodash/fp').chunk(2)([1, 2, 3])));
app.get('/date', (_, answer) => answer.send(require('date-fns/format').format(new Date(2024, 0, 1), 'PPPP', { locale: require('date-fns/locale/de').de })));
app.get('/uuid', async (_, answer) => answer.send((await import('uuid')).v5('x', '6ba7b810-9dad-11d1-80b4-00c04fd430c8')));
app.get('/throw', () => { throw new Error('on purpose'); });
app.use((error, _request, answer, _next) => answer.status(500).send(`${error.message} ${error.stack.split('\n')[1].trim()}`));
app.listen(3000, '0.0.0.0');
