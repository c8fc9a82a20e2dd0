import { Link } from 'wouter';
import { SERVING_STATES } from './serving-stories.ts';
import { storyOf } from './stories.ts';
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
                  {storyOf(screen, state) ? (
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
      <h2 className="pt-6 pb-2 text-md font-semibold tracking-tight">Server switch</h2>
      <ul className="flex flex-wrap gap-x-6 gap-y-1.5 text-sm">
        {SERVING_STATES.map((state) => (
          <li key={state}>
            <Link
              href={`/design/states/serving/${state}`}
              className="rounded-sm text-accent underline underline-offset-2"
            >
              serving {state}
            </Link>
          </li>
        ))}
      </ul>
    </main>
  );
}
