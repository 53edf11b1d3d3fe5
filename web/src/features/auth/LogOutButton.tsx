import { Button } from "../../ui/Button";
import { useLogOut } from "./api";

export function LogOutButton() {
  const logOut = useLogOut();
  return (
    <Button look="quiet" busy={logOut.isPending} onClick={() => logOut.mutate()}>
      {logOut.isError ? "Log out again" : "Log out"}
    </Button>
  );
}
