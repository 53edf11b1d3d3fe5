import { useLocation } from "wouter";
import { useMe } from "../features/auth/api";
import { LoginPage } from "../pages/LoginPage";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/ErrorNotice";
import styles from "./Gate.module.css";
import { GoOn } from "./GoOn";
import { Shell } from "./Shell";

/** Who is logged in decides between the login page and the rest; the address stays as it is meanwhile. */
export function Gate() {
  const { data: me, error, isFetching, refetch } = useMe();
  const [location] = useLocation();
  if (me && location === "/login") return <GoOn />;
  if (me) return <Shell me={me} />;
  if (me === null) return <LoginPage />;
  if (!error) return null;
  return (
    <main className={styles.trouble}>
      <ErrorNotice error={error}>
        <Button busy={isFetching} onClick={() => refetch()}>
          Try again
        </Button>
      </ErrorNotice>
    </main>
  );
}
