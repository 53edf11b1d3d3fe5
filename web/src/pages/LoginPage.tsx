import { LoginForm } from "../features/auth/LoginForm";
import { appOf, readNext } from "../lib/next_address";
import { useTitle } from "../lib/use_title";
import { Logo } from "../ui/Logo";
import styles from "./LoginPage.module.css";

export function LoginPage() {
  useTitle("Log in");
  const { pathname, search, origin } = window.location;
  const app = pathname === "/login" ? appOf(readNext(search, origin), origin) : "";
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <Logo />
        <div>
          <h1 className={styles.title}>Log in</h1>
          {app === "" ? (
            <p className={styles.about}>
              Your sessions, each with a Docker engine of its own, and the URLs of what runs in them.
            </p>
          ) : (
            <p className={styles.about}>
              Then you go on to <code className={styles.app}>{app}</code>, which runs in a session. It learns
              nothing of your key.
            </p>
          )}
        </div>
        <LoginForm />
      </div>
    </main>
  );
}
