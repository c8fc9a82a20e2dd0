import { Link } from 'wouter';
import { STORIES } from './stories.ts';
import { SCREENS, STATES } from './story.ts';

/** The states of all screens, each a link to its story. */
export function StoryList() {
  return (
    <main className="h-full overflow-auto p-5">
      <h1 className="pb-4 text-lg font-semibold tracking-tight">States</h1>
      <table className="text-sm">
        <thead className="text-2xs text-faint">
          <tr>
            <th scope="col" className="py-1 pe-6 text-start font-medium">
              Screen
            </th>
            {STATES.map((state) => (
              <th key={state} scope="col" className="py-1 pe-6 text-start font-medium">
                {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {SCREENS.map((screen) => (
            <tr key={screen} className="border-t border-line">
              <th scope="row" className="py-1.5 pe-6 text-start font-medium">
                {screen}
              </th>
              {STATES.map((state) => (
                <td key={state} className="py-1.5 pe-6">
                  {STORIES[screen][state] ? (
                    <Link
                      href={`/design/states/${screen}/${state}`}
                      className="rounded-sm text-accent underline underline-offset-2"
                    >
                      {screen} {state}
                    </Link>
                  ) : (
                    <span className="text-faint">never</span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </main>
  );
}
