// A real OpenID provider on this machine, for `make single-sign-on`.
//
// Anybody signs in with any password: the name is the person's `sub`. POST /drill sets
// what the provider says about people and what is wrong with its ID tokens.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, decodeJwt } from "jose";
import { Provider } from "oidc-provider";

const { PORT, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;
const { privateKey } = await generateKeyPair("RS256", { extractable: true });
const key = { ...(await exportJWK(privateKey)), kid: "drill", alg: "RS256", use: "sig" };

let people = {}; // claims by `sub`
let changes = {}; // to the claims of every ID token

const provider = new Provider(issuer, {
  claims: {
    openid: ["sub"],
    profile: ["name"],
    email: ["email", "email_verified"],
    groups: ["groups"],
  },
  scopes: ["openid", "groups"],
  clients: [
    { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI] },
  ],
  cookies: { keys: ["only for the drill"] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, ...people[sub] }),
  }),
  jwks: { keys: [key] },
});

// Sign other claims with the provider's own key.
provider.use(async (context, next) => {
  await next();
  if (context.oidc?.route === "token" && context.body?.id_token) {
    const claims = { ...decodeJwt(context.body.id_token), ...changes };
    context.body.id_token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: "drill" })
      .sign(privateKey);
  }
});

async function handle(request, response) {
  if (request.url !== "/drill") return provider.callback()(request, response);
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  ({ people, changes } = JSON.parse(Buffer.concat(chunks)));
  response.end();
}

createServer(handle).listen(PORT, "127.0.0.1");
