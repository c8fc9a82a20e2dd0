import { CircleAlert, Download, FolderPlus, Layers, LoaderCircle, TriangleAlert, Wifi } from 'lucide-react';
import { Banner } from '../../components/banner.tsx';
import { Button } from '../../components/button.tsx';
import { EmptyState, Notice } from '../../components/notice.tsx';
import { ProgressBar } from '../../components/progress-bar.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import type { Stage } from '../../components/stage-list.tsx';
import { StageList } from '../../components/stage-list.tsx';
import { Sample, Samples } from './samples.tsx';

const STAGES: readonly Stage[] = [
  { key: 'dns', label: 'Find the host', state: 'ok', note: '2 ms' },
  { key: 'tls', label: 'TLS', state: 'skipped', note: 'not used' },
  { key: 'sign', label: 'Signature', state: 'running' },
  { key: 'list', label: 'List', state: 'pending' },
];

const FAILED: readonly Stage[] = [
  { key: 'dns', label: 'Find the host', state: 'ok', note: '2 ms' },
  {
    key: 'sign',
    label: 'Signature',
    state: 'failed',
    note: 'the bucket is in another region',
    detail: <Button size="sm">Use eu-west-1</Button>,
  },
  { key: 'list', label: 'List', state: 'pending' },
];

/** What tells the user something: in place, across a screen, instead of a screen. */
export function FeedbackSamples() {
  return (
    <Samples name="feedback" title="Messages and progress">
      <div className="flex flex-col overflow-hidden rounded-lg border border-line">
        <Banner tone="bad" icon={CircleAlert} title="Disconnected" actions={<Button size="sm">Try now</Button>}>
          12 s ago, data as of 14:02:11.
        </Banner>
        <Banner tone="warn" icon={Wifi} title="Reachable from the network" actions={<Button size="sm">Stop</Button>}>
          192.168.1.20:8501, a token is needed.
        </Banner>
        <Banner tone="busy" icon={LoaderCircle} isSpinning title="Finishing 3 requests" />
      </div>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(20rem,1fr))] items-start gap-3">
        <Notice
          tone="bad"
          icon={CircleAlert}
          title="weights.bin is cut short"
          actions={<Button size="sm">Retry</Button>}
        >
          4,096 of 97,800,000 bytes are there.
        </Notice>
        <Notice tone="warn" icon={TriangleAlert} title="Still growing">
          v8 waits until its files rest.
        </Notice>
        <Notice tone="busy" icon={Download}>
          Downloading 12.3 MB of 97.8 MB.
        </Notice>
        <Notice tone="ok" icon={Layers} title="3 models would be served" />
        <Notice tone="idle" icon={Layers}>
          Nothing to do.
        </Notice>
      </div>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(16rem,1fr))] items-start gap-x-6 gap-y-4">
        <div className="flex flex-col gap-4">
          <ProgressBar label="resnet50 v8" fraction={0.63} valueText="61.6 of 97.8 MB" />
          <ProgressBar label="Load test" fraction={1} tone="ok" />
          <ProgressBar label="churn v3" fraction={0.4} valueText="stopped at 40 %" tone="bad" />
          <ProgressBar label="Reading the bucket" fraction={undefined} valueText="1,284 entries" />
        </div>
        <StageList label="Connection test" stages={STAGES} />
        <StageList label="Failed connection test" stages={FAILED} />
        <Sample label="Skeleton">
          <Skeleton rows={2} label="Loading samples" />
        </Sample>
      </div>
      <div className="rounded-lg border border-line">
        <EmptyState
          icon={Layers}
          title="No models yet"
          actions={
            <>
              <Button variant="primary" icon={FolderPlus}>
                Add folder
              </Button>
              <Button>Try the sample</Button>
            </>
          }
          hint="Files stay where they are."
        >
          <p>A model is a folder; each of its numbered sub-folders is a version.</p>
        </EmptyState>
      </div>
    </Samples>
  );
}
