// Seals and opens messages with implementations that are not ours. One JSON
// request a line comes in, one JSON answer a line goes out.
'use strict';

const readline = require('readline');
const WXBizMsgCrypt = require('wechat-crypto');
const wecom = require('@wecom/crypto');

const peers = {
  'wechat-crypto': (account) => new WXBizMsgCrypt(account.token, account.key, account.id),
  '@wecom/crypto': ({ token, key, id }) => ({
    encrypt: (plain) => wecom.encrypt(key, plain, id),
    decrypt: (sealed) => wecom.decrypt(key, sealed),
    getSignature: (timestamp, nonce, sealed) => wecom.getSignature(token, timestamp, nonce, sealed),
  }),
};

function answer({ peer, account, timestamp, nonce, plain, encrypt }) {
  const crypt = peers[peer](account);
  if (encrypt === undefined) {
    const sealed = crypt.encrypt(plain);
    return { encrypt: sealed, signature: crypt.getSignature(timestamp, nonce, sealed) };
  }
  const { message, id } = crypt.decrypt(encrypt);
  return { plain: message, id, signature: crypt.getSignature(timestamp, nonce, encrypt) };
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let result;
  try {
    result = answer(JSON.parse(line));
  } catch (e) {
    result = { error: String(e) };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
});
