// Somebody at a browser.

export const PASSWORD = "correct horse battery staple";
export const ADA = { email: "ada@example.com", name: "Ada Lovelace", password: PASSWORD };

/** Somebody at a browser that keeps the service's cookies. */
export class Person {
  #service;
  #cookies = new Map();

  constructor(service) {
    this.#service = service;
  }

  /** Sign up; returns the answer's status and what it says. */
  signUp(about = ADA) {
    return this.post("/sign-up/email", about);
  }

  /** Ask better-auth to do something. */
  post(path, body = {}) {
    return this.#ask("POST", path, JSON.stringify(body));
  }

  /** Ask better-auth for something. */
  get(path) {
    return this.#ask("GET", path);
  }

  /** The id of the person's account; undefined where they are not signed in. */
  async id() {
    return (await this.get("/get-session")).said?.user.id;
  }

  async #ask(method, path, body) {
    const answer = await fetch(`${this.#service}/api/auth${path}`, {
      method,
      headers: {
        "Content-Type": "application/json",
        Cookie: [...this.#cookies].map((pair) => pair.join("=")).join("; "),
        Origin: "http://lanternfish.test",
      },
      body,
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      this.#cookies.set(name, value);
    }
    const text = await answer.text();
    return { status: answer.status, said: text ? JSON.parse(text) : null };
  }
}
