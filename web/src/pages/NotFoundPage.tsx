import { Link } from "wouter";
import { EmptyState } from "../ui/EmptyState";
import { PageHead } from "../ui/PageHead";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Nothing here" />
      <EmptyState title="This address has no page">
        <p>
          Perhaps it was copied in part. All you have is in <Link href="/">your sessions</Link>.
        </p>
      </EmptyState>
    </>
  );
}
