import { useEffect, useRef } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import type { Me } from "../features/auth/api";
import { LogOutButton } from "../features/auth/LogOutButton";
import { VersionLine } from "../features/config/VersionLine";
import { NotFoundPage } from "../pages/NotFoundPage";
import { SandboxesPage } from "../pages/SandboxesPage";
import { SessionPage } from "../pages/SessionPage";
import { SessionsPage } from "../pages/SessionsPage";
import { Logo } from "../ui/Logo";
import styles from "./Shell.module.css";

export function Shell({ me }: { me: Me }) {
  const main = useFocusOnNavigation();
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.bar}>
        <div className={styles.inner}>
          <Link href="/" className={styles.home}>
            <Logo />
          </Link>
          <nav className={styles.nav} aria-label="Main">
            <NavLink href="/" below="/sessions">
              Sessions
            </NavLink>
            <NavLink href="/sandboxes">Sandboxes</NavLink>
          </nav>
          <span className={styles.me}>{me.name}</span>
          <LogOutButton />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Switch>
          <Route path="/" component={SessionsPage} />
          <Route path="/sessions/:id">{({ id }) => <SessionPage key={id} id={id} />}</Route>
          <Route path="/sandboxes" component={SandboxesPage} />
          <Route component={NotFoundPage} />
        </Switch>
      </main>
      <footer className={styles.foot}>
        <VersionLine />
      </footer>
    </div>
  );
}

function NavLink({ href, below, children }: { href: string; below?: string; children: string }) {
  const [location] = useLocation();
  const here = location === href || (below !== undefined && location.startsWith(below));
  return (
    <Link href={href} className={styles.link} aria-current={here ? "page" : undefined}>
      {children}
    </Link>
  );
}

/** After a change of page the keyboard goes on in the new page, as it does where a browser loads one. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const [location] = useLocation();
  const previous = useRef(location);
  useEffect(() => {
    if (previous.current === location) return;
    previous.current = location;
    main.current?.focus();
    window.scrollTo(0, 0);
  }, [location]);
  return main;
}
