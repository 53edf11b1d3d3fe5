import { LoginForm } from "../features/auth/LoginForm";
import { useTitle } from "../lib/use_title";
import { Logo } from "../ui/Logo";
import styles from "./LoginPage.module.css";

export function LoginPage() {
  useTitle("Log in");
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <Logo />
        <div>
          <h1 className={styles.title}>Log in</h1>
          <p className={styles.about}>
            Your sessions, each with a Docker engine of its own, and the URLs of what runs in them.
          </p>
        </div>
        <LoginForm />
      </div>
    </main>
  );
}
